/** The signature alone: nobody is asked, so that a token that was revoked elsewhere lives until it expires. */
import type { LocalCache } from "../cache/local-cache.ts"
import { type Introspect, refusedFor } from "../introspection.ts"
import type { CheckSignature } from "./check-signature.ts"

/** Remembers only what a signature vouched for: garbage must not drive it out, and a key may be published the next moment. */
export const signedTokens =
  (cache: LocalCache, check: CheckSignature): Introspect =>
  async (token, signal) => {
    const since = cache.mark()
    const signed = await check(token, signal)
    if (signed === undefined) return refusedFor("malformed")
    if (signed.active) cache.save(token, signed, since)
    return signed
  }
