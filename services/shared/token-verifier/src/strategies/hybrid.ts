/** The signature first, then the authorization server: forged tokens cost it nothing, and it still has the last word about good ones. */
import { type ActiveToken, type Introspect, type Introspection, refusedFor } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"
import type { InvalidReason } from "../validation.ts"
import type { CheckSignature } from "./check-signature.ts"

export interface HybridOptions {
  check: CheckSignature
  /** Why claims that are signed can pass no request of ours; undefined when they can. */
  faultOf: (token: ActiveToken) => InvalidReason | undefined
  /** All access tokens of this server are JWTs of its kind: what is none is refused. Otherwise it is asked about. */
  onlyJwts: boolean
}

/** `ask` is never reached by a token whose signature or claims are wrong. */
export const withSignatureCheck =
  ({ check, faultOf, onlyJwts }: HybridOptions, ask: Introspect): Introspect =>
  async (token, signal) => {
    const signed = await checkIfPossible(check, token, signal)
    if (signed === "unknown") return ask(token, signal)
    if (signed === undefined) return onlyJwts ? refusedFor("unknown") : ask(token, signal)
    if (!signed.active) return signed.reason === "wrong_token_kind" && !onlyJwts ? ask(token, signal) : signed
    const fault = faultOf(signed)
    if (fault !== undefined) return refusedFor(fault)
    const answer = await ask(token, signal)
    // RFC 7662 lets an answer leave out what the token says itself.
    return answer.active ? Object.freeze({ ...signed, ...answer }) : answer
  }

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
