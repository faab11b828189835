/** Asking again after what may pass by itself: a lost connection, a slow try, a limit on our rate, a fault of the server. */
import pRetry from "p-retry"
import type { Introspect } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"
import { timeLeftMs } from "./with-timeout.ts"

export interface RetryOptions {
  /** More tries after the first. */
  retries: number
  /** From 0 to 1; tests decide it. */
  random?: () => number
  /** Is told of each try after the first. */
  onRetry?: () => void
}

const FIRST_PAUSE_MS = 100

/**
 * Waits with full jitter, from nothing to 100 ms, 200 ms and so on, and before that for as long as the server asked to
 * (RFC 9110 §10.2.3). A pause that would outlast the `withTimeout` around is not begun: the caller hears at once what the
 * last try met.
 */
export const withRetry =
  ({ retries, random = Math.random, onRetry }: RetryOptions, ask: Introspect): Introspect =>
  (token, signal) =>
    pRetry(() => ask(token, signal), {
      retries,
      signal,
      minTimeout: 0, // its own pauses have no full jitter and know no Retry-After
      async shouldRetry({ error, retriesConsumed }) {
        if (!(error instanceof Unavailable && error.retryable)) return false
        const jitterMs = random() * FIRST_PAUSE_MS * 2 ** retriesConsumed
        const pauseMs = jitterMs + (error.askedToWait ? error.retryAfterSeconds * 1000 : 0)
        if (pauseMs >= timeLeftMs(signal)) return false
        await pause(pauseMs, signal)
        if (!signal.aborted) onRetry?.()
        return true
      },
    })

/** Ends early when the signal is aborted; whoever waits looks at the signal next, as p-retry does. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener("abort", end)
  })
}
