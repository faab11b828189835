/** Keeping quiet for a while when an authorization server limits our rate or rejects our own credentials. */
import { wholeSeconds } from "../http/retry-after.ts"
import type { Introspect } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"

/** Until an operator mends our secret: asking with the wrong one over and over looks like guessing it, and may lock us out. */
const REJECTED_SECONDS = 5

/**
 * After `rate_limited`, nobody asks before its Retry-After is over, and after `credentials_rejected` not for five seconds:
 * they fail at once, for the same reason, with the time that is left.
 */
export function withBackOff(uptime: () => number, ask: Introspect): Introspect {
  let quiet: { until: number; after: Unavailable } | undefined

  const keepQuiet = (after: Unavailable) => {
    const until = uptime() + (after.reason === "rate_limited" ? after.retryAfterSeconds : REJECTED_SECONDS)
    if (until > (quiet?.until ?? 0)) quiet = { until, after }
  }
  return async (token, signal) => {
    const left = quiet === undefined ? 0 : quiet.until - uptime()
    if (quiet !== undefined && left > 0) {
      const { reason, cause } = quiet.after
      throw new Unavailable(reason, { cause, retryAfterSeconds: wholeSeconds(left) })
    }
    try {
      return await ask(token, signal)
    } catch (error) {
      if (error instanceof Unavailable && (error.reason === "rate_limited" || error.reason === "credentials_rejected"))
        keepQuiet(error)
      throw error
    }
  }
}
