/** Several authorization servers at once: whose token is it, and what if only one of them can say. */
import { readUnverified } from "../keys/verify-signature.ts"
import type { Validation } from "../validation.ts"
import type { Authority } from "./authority.ts"

/** Asks one authority, and judges. */
export type Validate = (authority: Authority, token: string, signal: AbortSignal) => Promise<Validation>

/**
 * The issuer that a token names decides; a token that names none is shown to each in turn, until one knows it. When none does,
 * and one of them could not say, nobody can.
 */
export async function validateWith(
  authorities: readonly Authority[],
  { token, signal, validate }: { token: string; signal: AbortSignal; validate: Validate },
): Promise<Validation> {
  const [only, another] = authorities
  if (only !== undefined && another === undefined) return validate(only, token, signal)
  const payload = readUnverified(token)?.payload
  const named = payload?.["iss"]
  if (payload === undefined || typeof named !== "string") return askInTurn(authorities, { token, signal, validate })
  const own = authorities.find((authority) => authority.accepts(named, payload))
  return own === undefined ? { outcome: "invalid", reason: "wrong_issuer" } : validate(own, token, signal)
}

async function askInTurn(
  authorities: readonly Authority[],
  { token, signal, validate }: { token: string; signal: AbortSignal; validate: Validate },
): Promise<Validation> {
  let told: Validation | undefined
  for (const authority of authorities) {
    const validation = await validate(authority, token, signal)
    if (validation.outcome === "valid") return validation
    if (told === undefined || rankOf(validation) > rankOf(told)) told = validation
  }
  return told ?? { outcome: "invalid", reason: "unknown" }
}

/** Not knowing outweighs every no; a no with a reason outweighs "none of mine". */
function rankOf(validation: Validation): number {
  if (validation.outcome === "unavailable") return 2
  return validation.outcome === "invalid" && validation.reason !== "unknown" && validation.reason !== "inactive" ? 1 : 0
}
