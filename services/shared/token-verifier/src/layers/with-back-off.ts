/** Keeping quiet for as long as an authorization server that limits our rate asked us to. */
import type { Introspect } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"

/** After `rate_limited`, nobody asks before its Retry-After is over: they fail at once, with the time that is left. */
export function withBackOff(uptime: () => number, ask: Introspect): Introspect {
  let quietUntil = 0
  return async (token, signal) => {
    const left = quietUntil - uptime()
    if (left > 0) throw new Unavailable("rate_limited", { retryAfterSeconds: Math.ceil(left) })
    try {
      return await ask(token, signal)
    } catch (error) {
      if (error instanceof Unavailable && error.reason === "rate_limited")
        quietUntil = Math.max(quietUntil, uptime() + error.retryAfterSeconds)
      throw error
    }
  }
}
