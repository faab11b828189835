/** An expired answer in place of none, for a bounded time. */
import type { LocalCache } from "../cache/local-cache.ts"
import type { Introspect, Introspection } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"

export interface StaleAnswers {
  /** What may be used, counted; undefined when nothing may. */
  use(token: string): Introspection | undefined
  /** How many were used so far. */
  served(): number
}

/** The cache decides what is kept, and for how long: by default nothing. */
export function createStaleAnswers(cache: Pick<LocalCache, "findStale">): StaleAnswers {
  let served = 0
  return {
    use(token) {
      const stale = cache.findStale(token)
      if (stale !== undefined) served++
      return stale
    },
    served: () => served,
  }
}

/** Only in place of "we cannot tell": an answer, whatever it says, is the newest there is. */
export const withStaleIfError =
  (answers: StaleAnswers, ask: Introspect): Introspect =>
  async (token, signal) => {
    try {
      return await ask(token, signal)
    } catch (error) {
      const stale = error instanceof Unavailable ? answers.use(token) : undefined
      if (stale === undefined) throw error
      return stale
    }
  }
