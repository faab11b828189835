/** The cache around asking: looked into by every caller, filled once by the one that asked. */

import type { LocalCache } from "../cache/local-cache.ts"
import type { Introspect } from "../introspection.ts"

/** Answers from memory what was asked lately. */
export const withCacheLookup =
  (cache: LocalCache, ask: Introspect): Introspect =>
  async (token, signal) =>
    cache.find(token) ?? (await ask(token, signal))

/** Remembers answers. One that a revocation overtook on its way is not remembered, and asked for once more. */
export const withCacheFill =
  (cache: LocalCache, ask: Introspect): Introspect =>
  async (token, signal) => {
    const askAndSave = async () => {
      const since = cache.mark()
      const answer = await ask(token, signal)
      return { answer, saved: cache.save(token, answer, since) }
    }
    const first = await askAndSave()
    return first.saved ? first.answer : (await askAndSave()).answer
  }
