/** What a JWT access token says by itself, once its signature vouches for it (RFC 9068 §4): nobody is asked but for keys. */
import { type ActiveToken, type InactiveToken, type Introspection, refusedFor } from "../introspection.ts"
import type { KeySet } from "../keys/key-set.ts"
import { readUnverified, verifySignature } from "../keys/verify-signature.ts"
import type { ProviderPreset } from "../providers/preset.ts"
import type { RawClaims } from "../providers/raw-claims.ts"
import { Unavailable } from "../unavailable.ts"
import type { ReadClaims } from "./read-claims.ts"

/** Undefined: the token is no JWT. Throws Unavailable `keys_unavailable`. */
export type CheckSignature = (token: string, signal: AbortSignal) => Promise<Introspection | undefined>

export interface SignatureOptions {
  keys: KeySet
  preset: ProviderPreset
  read: ReadClaims
  /** Whether a token that names this issuer may be this server's. */
  accepts: (named: string, payload: RawClaims) => boolean
}

export function createSignatureCheck({ keys, preset, read, accepts }: SignatureOptions): CheckSignature {
  return async (token, signal) => {
    const unverified = readUnverified(token)
    if (unverified === undefined) return undefined
    const { iss } = unverified.payload
    // Before the signature: keys of this server say nothing about another's tokens, nor need they be fetched for them.
    if (typeof iss !== "string" || !accepts(iss, unverified.payload)) return refusedFor("wrong_issuer")
    const verified = await verifySignature(token, { keys, jwtTypes: preset.jwtTypes, signal })
    if (typeof verified === "string") return refusedFor(verified)
    const { payload, jwk } = verified
    const vouched = preset.keyIssuer?.(jwk, payload)
    if (vouched !== undefined && vouched !== iss) return refusedFor("wrong_issuer")
    return readSigned(payload, read)
  }
}

/** A claim of a wrong type is the token's own fault here: nobody else said it. RFC 9068 §2.2 requires `exp`. */
function readSigned(payload: RawClaims, read: ReadClaims): ActiveToken | InactiveToken {
  try {
    const claims = read(payload)
    return claims.active && claims.exp === undefined ? refusedFor("malformed") : claims
  } catch (error) {
    if (error instanceof Unavailable && error.reason === "bad_response") return refusedFor("malformed")
    throw error
  }
}
