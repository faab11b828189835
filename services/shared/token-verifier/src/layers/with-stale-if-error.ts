/** An expired answer in place of none, for a bounded time. */
import type { LocalCache } from "../cache/local-cache.ts"
import type { Introspection, Lookup } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"

export interface StaleAnswers {
  /** What may be used, counted; undefined when nothing may. */
  use(token: string): Introspection | undefined
  /** How many were used so far. */
  served(): number
}

/** The cache decides what is kept, and for how long: by default nothing. @param onServed is told of each that is used */
export function createStaleAnswers(cache: Pick<LocalCache, "findStale">, onServed?: () => void): StaleAnswers {
  let served = 0
  return {
    use(token) {
      const stale = cache.findStale(token)
      if (stale === undefined) return undefined
      served++
      onServed?.()
      return stale
    },
    served: () => served,
  }
}

/** Only in place of "we cannot tell": an answer, whatever it says, is the newest there is. */
export const withStaleIfError =
  (answers: StaleAnswers, ask: Lookup): Lookup =>
  async (token, signal, trail) => {
    try {
      return await ask(token, signal, trail)
    } catch (error) {
      const stale = error instanceof Unavailable ? answers.use(token) : undefined
      if (stale === undefined) throw error
      trail.cache = "stale"
      return stale
    }
  }
