/** One call for all who ask about one token at once. */

import { untilAborted } from "../http/until-aborted.ts"
import type { Introspection, Lookup } from "../introspection.ts"
import { newTrail, type Trail } from "../trail.ts"

interface Flight {
  landing: Promise<Introspection>
  /** Of all who wait. */
  trail: Trail
}

/**
 * The call belongs to nobody: a caller that hangs up stops waiting, and the others get the answer. A failure is shared by
 * those who wait for it and not remembered.
 * @param onShared is told of each caller that joins a call of another
 */
export function withSingleFlight(ask: Lookup, onShared?: () => void): Lookup {
  const flights = new Map<string, Flight>()

  const takeOff = (token: string): Flight => {
    const trail = newTrail("miss")
    const landing = ask(token, new AbortController().signal, trail).finally(() => flights.delete(token))
    const flight = { landing, trail }
    flights.set(token, flight)
    landing.catch(() => {}) // everyone may have hung up
    return flight
  }
  return async (token, signal, trail) => {
    const underWay = flights.get(token)
    if (underWay !== undefined) onShared?.()
    const flight = underWay ?? takeOff(token)
    try {
      return await untilAborted(flight.landing, signal)
    } finally {
      trail.cache = flight.trail.cache
    }
  }
}
