/** The cache around asking: looked into by every caller, filled once by the one that asked. */

import type { LocalCache } from "../cache/local-cache.ts"
import type { Introspect } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"

/** Answers from memory what was asked lately. What is much in use is asked about anew, in the background, before its time is over. */
export function withCacheLookup(cache: LocalCache, ask: Introspect): Introspect {
  const refresh = inBackground(ask)
  return async (token, signal) => cache.find(token, refresh) ?? (await ask(token, signal))
}

/** Background questions at once; who comes while there are as many comes again with the next request. */
const MAX_REFRESHES = 16

/** Nobody waits for the answer, and a failure changes nothing: what is remembered lives out its time. */
function inBackground(ask: Introspect): (token: string) => boolean {
  let running = 0
  return (token) => {
    if (running >= MAX_REFRESHES) return false
    running++
    const end = () => void running--
    const refresh = async () => ask(token, new AbortController().signal)
    refresh().then(end, end)
    return true
  }
}

/**
 * Remembers answers. One that a revocation overtook on its way is not remembered, and asked for once more; overtaken again, it
 * decides nothing: whoever joined in after the revocation would hear what was true before. Throws Unavailable `bad_response`.
 */
export const withCacheFill =
  (cache: LocalCache, ask: Introspect): Introspect =>
  async (token, signal) => {
    const askAndSave = async () => {
      const since = cache.mark()
      const answer = await ask(token, signal)
      return { answer, saved: cache.save(token, answer, since) }
    }
    const first = await askAndSave()
    if (first.saved) return first.answer
    const second = await askAndSave()
    if (second.saved) return second.answer
    throw new Unavailable("bad_response", { cause: new Error("revocations overtook the answer"), retryAfterSeconds: 1 })
  }
