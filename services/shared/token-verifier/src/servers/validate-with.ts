/** Several authorization servers at once: whose token is it, and what if only one of them can say. */
import { readUnverified } from "../keys/verify-signature.ts"
import type { CacheLabel } from "../trail.ts"
import type { InvalidReason, Validation } from "../validation.ts"
import type { Authority } from "./authority.ts"

/** What came out, by whose word, and whence that word was. */
export interface Judgement {
  validation: Validation
  /** Undefined: nobody's word was needed. */
  authority: Authority | undefined
  cache: CacheLabel
}

/** Asks one authority, and judges. */
export type Validate = (authority: Authority, token: string, signal: AbortSignal) => Promise<Judgement>

/**
 * The issuer that a token names decides; a token that names none is shown to each in turn, until one knows it. When none does,
 * and one of them could not say, nobody can.
 */
export async function validateWith(
  authorities: readonly Authority[],
  { token, signal, validate }: { token: string; signal: AbortSignal; validate: Validate },
): Promise<Judgement> {
  const [only, another] = authorities
  if (only !== undefined && another === undefined) return validate(only, token, signal)
  const payload = readUnverified(token)?.payload
  const named = payload?.["iss"]
  if (payload === undefined || typeof named !== "string") return askInTurn(authorities, { token, signal, validate })
  const own = authorities.find((authority) => authority.accepts(named, payload))
  return own === undefined ? refusedHere("wrong_issuer") : validate(own, token, signal)
}

/** Without anybody's word. */
export const refusedHere = (reason: InvalidReason): Judgement => ({
  validation: { outcome: "invalid", reason },
  authority: undefined,
  cache: "none",
})

async function askInTurn(
  authorities: readonly Authority[],
  { token, signal, validate }: { token: string; signal: AbortSignal; validate: Validate },
): Promise<Judgement> {
  let told: Judgement | undefined
  for (const authority of authorities) {
    const judgement = await validate(authority, token, signal)
    if (judgement.validation.outcome === "valid") return judgement
    if (told === undefined || rankOf(judgement) > rankOf(told)) told = judgement
  }
  return told ?? refusedHere("unknown")
}

/** Not knowing outweighs every no; a no with a reason outweighs "none of mine". */
function rankOf({ validation }: Judgement): number {
  if (validation.outcome === "unavailable") return 2
  return validation.outcome === "invalid" && validation.reason !== "unknown" && validation.reason !== "inactive" ? 1 : 0
}
