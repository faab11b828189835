/** What a process says of itself: whether it is ready, and how its dependencies are. */
import { describeError } from "./logger.ts"

/** Returns facts to show; throws when the dependency is down. `state`, `since` and `lastError` in the facts override what is seen from here. */
export type HealthCheck = () => Promise<object> | object

export interface HealthCheckOptions {
  /** Not ready before this check has succeeded once. Afterwards it decides nothing: an outage elsewhere must not take us out too. */
  neededOnce?: boolean
}

const CHECK_TIMEOUT_MS = 1_000

export interface DependencyReport {
  state: string
  /** When this state was first seen, as ISO 8601: nobody may have looked before. */
  since: string
  latencyMs: number
  lastError?: { at: string; type?: unknown; code?: unknown; message?: unknown }
}

/** One dependency, asked when somebody looks. */
export interface Dependency {
  readonly name: string
  /** Whether readiness still waits for it. */
  awaited: boolean
  report(): Promise<DependencyReport>
}

export function createDependency(
  name: string,
  check: HealthCheck,
  { neededOnce = false }: HealthCheckOptions,
): Dependency {
  let lastError: DependencyReport["lastError"]
  let seen: { state: string; since: string } | undefined
  const standing = (state: string) => {
    if (seen?.state !== state) seen = { state, since: new Date().toISOString() }
    return seen
  }
  const dependency: Dependency = {
    name,
    awaited: neededOnce,
    report: async () => {
      const started = performance.now()
      const latency = () => ({ latencyMs: Math.round((performance.now() - started) * 10) / 10 })
      try {
        const facts = await withinTime(check)
        dependency.awaited = false
        const { state = "up", ...others } = facts as { state?: string }
        return { ...standing(state), ...latency(), ...(lastError && { lastError }), ...others }
      } catch (error) {
        const { type, code, message } = describeError(error)
        lastError = { at: new Date().toISOString(), type, code, message }
        return { ...standing("down"), ...latency(), lastError }
      }
    },
  }
  return dependency
}

async function withinTime(check: HealthCheck): Promise<object> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error("no answer within a second")), CHECK_TIMEOUT_MS)
  try {
    return await Promise.race([Promise.resolve().then(check), tooLate])
  } finally {
    clearTimeout(timer)
  }
}
