/** The cache around asking: looked into by every caller, filled once by the one that asked. */

import type { LocalCache } from "../cache/local-cache.ts"
import type { Lookup } from "../introspection.ts"
import { withoutTrace } from "../tracing.ts"
import { newTrail } from "../trail.ts"
import { Unavailable } from "../unavailable.ts"

/** Answers from memory what was asked lately. What is much in use is asked about anew, in the background, before its time is over. */
export function withCacheLookup(cache: LocalCache, ask: Lookup): Lookup {
  const refresh = inBackground(ask)
  return async (token, signal, trail) => {
    const known = cache.find(token, refresh)
    trail.cache = known === undefined ? "miss" : "l1"
    return known ?? (await ask(token, signal, trail))
  }
}

/** Background questions at once; who comes while there are as many comes again with the next request. */
const MAX_REFRESHES = 16

/** Nobody waits for the answer, and a failure changes nothing: what is remembered lives out its time. */
function inBackground(ask: Lookup): (token: string) => boolean {
  let running = 0
  return (token) => {
    if (running >= MAX_REFRESHES) return false
    running++
    const end = () => void running--
    const refresh = async () => ask(token, new AbortController().signal, newTrail())
    withoutTrace(refresh).then(end, end)
    return true
  }
}

/**
 * Remembers answers. One that a revocation overtook on its way is not remembered, and asked for once more; overtaken again, it
 * decides nothing: whoever joined in after the revocation would hear what was true before. Throws Unavailable `bad_response`.
 */
export const withCacheFill =
  (cache: LocalCache, ask: Lookup): Lookup =>
  async (token, signal, trail) => {
    const askAndSave = async () => {
      const since = cache.mark()
      const answer = await ask(token, signal, trail)
      return { answer, saved: cache.save(token, answer, since) }
    }
    const first = await askAndSave()
    if (first.saved) return first.answer
    const second = await askAndSave()
    if (second.saved) return second.answer
    throw new Unavailable("bad_response", { cause: new Error("revocations overtook the answer"), retryAfterSeconds: 1 })
  }
