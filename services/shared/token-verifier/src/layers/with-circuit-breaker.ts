/** Not asking an authorization server that keeps failing: whoever asks fails at once, and it can recover. */

import { untilAborted } from "../http/until-aborted.ts"
import type { Introspect } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"
import type { UnavailableReason } from "../validation.ts"
import type { CircuitBreaker, Outcome } from "./circuit-breaker.ts"

// The others say that the server is there and we ask it wrongly or too often.
const failures: ReadonlySet<UnavailableReason> = new Set([
  "network",
  "refused",
  "timeout",
  "bad_response",
  "keys_unavailable",
])

/** Whatever the server says about a token is a success. Throws Unavailable `circuit_open` without asking. */
export const withCircuitBreaker =
  (breaker: CircuitBreaker, ask: Introspect): Introspect =>
  async (token, signal) => {
    signal.throwIfAborted()
    const end = breaker.begin()
    try {
      const answer = await untilAborted(ask(token, signal), signal) // one that hangs must not probe for ever
      end("success")
      return answer
    } catch (error) {
      end(signal.aborted ? outcomeOfAbort(signal.reason) : outcomeOfError(error))
      throw error
    }
  }

/** A deadline may have been the server's fault; a caller that hangs up never is. */
function outcomeOfAbort(reason: unknown): Outcome {
  const isDeadline = reason instanceof Unavailable || (reason instanceof DOMException && reason.name === "TimeoutError")
  return isDeadline ? "cut_off" : "undecided"
}

const outcomeOfError = (error: unknown): Outcome =>
  error instanceof Unavailable && failures.has(error.reason) && !error.questionRefused ? "failure" : "undecided"
