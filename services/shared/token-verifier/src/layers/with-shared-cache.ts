/** The cache of all replicas around asking: a new one begins with what its predecessors were told. */
import type { SharedCache } from "../cache/shared-cache.ts"
import type { Introspect, Lookup } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"

/** Looks before it asks, and shows the others what it was told. Nobody waits for the latter. */
export function withSharedCache(shared: SharedCache | undefined, ask: Introspect): Lookup {
  if (shared === undefined) return ask
  return async (token, signal, trail) => {
    const known = await shared.find(token)
    if (known !== undefined && !known.ageing) {
      trail.cache = "l2"
      return known.token
    }
    const question = shared.begin()
    try {
      const answer = await ask(token, signal)
      if (answer.active) shared.save(token, answer, question)
      return answer
    } catch (error) {
      // It is looked for again: its time, or what it says, may be over by now.
      const still = known !== undefined && error instanceof Unavailable ? await shared.find(token) : undefined
      if (still === undefined) throw error
      trail.cache = "l2"
      return still.token
    }
  }
}
