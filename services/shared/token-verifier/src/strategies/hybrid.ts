/** The signature first, then the authorization server: forged tokens cost it nothing, and it still has the last word about good ones. */
import { type ActiveToken, type Introspect, type Introspection, type Lookup, refusedFor } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"
import type { InvalidReason } from "../validation.ts"
import type { CheckSignature } from "./check-signature.ts"

export interface HybridOptions {
  check: CheckSignature
  /** Why claims that are signed can pass no request of ours; undefined when they can. */
  faultOf: (token: ActiveToken) => InvalidReason | undefined
  /** All access tokens of this server are JWTs of its kind: what is none is refused. Otherwise it is asked about. */
  onlyJwts: boolean
  /** What is signed in the tokens that are being asked about: put there by the check, taken up by the answer. */
  signedClaims: Map<string, ActiveToken>
}

/** `ask` is never reached by a token whose signature or claims are wrong. */
export const withSignatureCheck =
  ({ check, faultOf, onlyJwts, signedClaims }: HybridOptions, ask: Lookup): Lookup =>
  async (token, signal, trail) => {
    const signed = await checkIfPossible(check, token, signal)
    if (signed === "unknown") return ask(token, signal, trail)
    if (signed === undefined) return onlyJwts ? refusedFor("unknown") : ask(token, signal, trail)
    if (!signed.active) return signed.reason === "wrong_token_kind" && !onlyJwts ? ask(token, signal, trail) : signed
    const fault = faultOf(signed)
    if (fault !== undefined) return refusedFor(fault)
    signedClaims.set(token, signed)
    try {
      return await ask(token, signal, trail)
    } finally {
      signedClaims.delete(token)
    }
  }

/**
 * RFC 7662 lets an answer leave out what the token says itself. Inside of what is remembered, so that a revocation finds the
 * token's names there too.
 */
export const withSignedClaims =
  ({ signedClaims }: Pick<HybridOptions, "signedClaims">, ask: Introspect): Introspect =>
  async (token, signal) => {
    const signed = signedClaims.get(token)
    const answer = await ask(token, signal)
    return answer.active && signed !== undefined ? Object.freeze({ ...signed, ...answer }) : answer
  }

/** Three parts of base64url: what is none of these is no JWT, whatever stands in it (RFC 7515 §7.1). */
const compact = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** Refuses by its form alone what cannot be a token of a server that issues JWTs only: before anything is looked up or hashed. */
export const withFormCheck =
  ({ onlyJwts }: Pick<HybridOptions, "onlyJwts">, ask: Lookup): Lookup =>
  async (token, signal, trail) =>
    onlyJwts && !compact.test(token) ? refusedFor("unknown") : ask(token, signal, trail)

/** Without keys nothing is refused here; whoever is asked still decides. */
async function checkIfPossible(
  check: CheckSignature,
  token: string,
  signal: AbortSignal,
): Promise<Introspection | undefined | "unknown"> {
  try {
    return await check(token, signal)
  } catch (error) {
    if (error instanceof Unavailable) return "unknown"
    throw error
  }
}
