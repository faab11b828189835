/** One call for all who ask about one token at once. */

import { untilAborted } from "../http/until-aborted.ts"
import type { Introspect, Introspection } from "../introspection.ts"

/**
 * The call belongs to nobody: a caller that hangs up stops waiting, and the others get the answer. A failure is shared by
 * those who wait for it and not remembered.
 */
export function withSingleFlight(ask: Introspect): Introspect {
  const flights = new Map<string, Promise<Introspection>>()

  const takeOff = (token: string): Promise<Introspection> => {
    const flight = ask(token, new AbortController().signal).finally(() => flights.delete(token))
    flights.set(token, flight)
    flight.catch(() => {}) // everyone may have hung up
    return flight
  }
  return (token, signal) => untilAborted(flights.get(token) ?? takeOff(token), signal)
}
