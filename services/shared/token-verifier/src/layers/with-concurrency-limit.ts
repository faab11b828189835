/** At most so many questions to one authorization server at once, a short queue for the next, and "overloaded" for the rest. */
import type { Introspect } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"

export interface ConcurrencyBounds {
  maxConcurrent: number
  /** Who waits for a place. */
  maxQueued: number
}

export interface ConcurrencyLimit {
  /**
   * Resolves when there is a place; whoever waits longest has it first. One that hangs up leaves the queue.
   * @throws Unavailable `overloaded` when the queue is full
   */
  enter(signal: AbortSignal): Promise<void>
  /** Once for each `enter` that resolved. */
  leave(): void
  inFlight(): number
  queued(): number
}

const RETRY_AFTER_SECONDS = 1

export function createConcurrencyLimit({ maxConcurrent, maxQueued }: ConcurrencyBounds): ConcurrencyLimit {
  let inFlight = 0
  const queue = new Set<() => void>() // oldest first

  const waitForPlace = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const hangUp = () => {
        queue.delete(takePlace)
        reject(signal.reason)
      }
      const takePlace = () => {
        signal.removeEventListener("abort", hangUp)
        resolve()
      }
      queue.add(takePlace)
      signal.addEventListener("abort", hangUp, { once: true })
    })

  return {
    async enter(signal) {
      signal.throwIfAborted()
      if (inFlight < maxConcurrent) {
        inFlight++
        return
      }
      if (queue.size >= maxQueued) throw new Unavailable("overloaded", { retryAfterSeconds: RETRY_AFTER_SECONDS })
      await waitForPlace(signal)
    },
    leave() {
      const [next] = queue
      if (next === undefined) {
        inFlight--
        return
      }
      queue.delete(next)
      next() // the place passes on: nobody who comes just now gets ahead
    },
    inFlight: () => inFlight,
    queued: () => queue.size,
  }
}

export const withConcurrencyLimit =
  (limit: ConcurrencyLimit, ask: Introspect): Introspect =>
  async (token, signal) => {
    await limit.enter(signal)
    try {
      return await ask(token, signal)
    } finally {
      limit.leave()
    }
  }
