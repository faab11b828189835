/** Trying what can be done without: it may cost a moment, and is left alone for a while when it fails. */
import type { Log } from "../log.ts"

export interface Attempts {
  /** Undefined when it failed, took too long, or is being left alone. */
  attempt<T>(work: () => Promise<T>): Promise<T | undefined>
  /** Whether the latest attempts failed. */
  failing(): boolean
}

export interface AttemptsOptions {
  /** Monotonic seconds. */
  uptime: () => number
  log?: Log | undefined
  /** What the log says cannot be done: once when that begins, and once when it is over. */
  what: string
}

const MAX_WAIT_MS = 100
const QUIET_SECONDS = 1

/** While it fails one attempt a second finds out whether that is over; nobody else waits. */
export function createAttempts({ uptime, log, what }: AttemptsOptions): Attempts {
  let quietUntil: number | undefined

  const failed = (error: unknown) => {
    if (quietUntil === undefined) log?.warn({ why: String(error) }, `${what}: done without`)
    quietUntil = uptime() + QUIET_SECONDS
  }
  const succeeded = () => {
    log?.info({}, `${what}: over`)
    quietUntil = undefined
  }
  return {
    async attempt(work) {
      const isProbe = quietUntil !== undefined
      if (quietUntil !== undefined) {
        if (uptime() < quietUntil) return undefined
        quietUntil = uptime() + QUIET_SECONDS
      }
      try {
        const result = await inTime(work)
        // One that began before the failure tells nothing about the time after it.
        if (isProbe) succeeded()
        return result
      } catch (error) {
        failed(error)
        return undefined
      }
    },
    failing: () => quietUntil !== undefined,
  }
}

/** @throws Error when it fails or takes too long */
async function inTime<T>(work: () => Promise<T>): Promise<T> {
  const { promise: tooLong, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${MAX_WAIT_MS} ms`)), MAX_WAIT_MS)
  try {
    return await Promise.race([work(), tooLong])
  } finally {
    clearTimeout(timer)
  }
}
