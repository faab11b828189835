/** The words that providers share: how several of them name scopes and clients, and what an ID token looks like. */
import type { RawClaims } from "./raw-claims.ts"

/** A text with something in it; undefined for anything else. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

const isScopeToken = (value: unknown): boolean => typeof value === "string" && /^\S+$/.test(value)

/** A list of scopes: one string, or an array of single scopes. Anything else is not made sense of. */
const isScopeList = (value: unknown): boolean =>
  typeof value === "string" || (Array.isArray(value) && value.every(isScopeToken))

/**
 * The scopes of several claims as the one string of RFC 7662. What is no list of scopes is handed on as it is: whoever reads
 * the result is strict, and refuses it.
 */
export function scopeOf(...claims: readonly unknown[]): unknown {
  const said = claims.filter((claim) => claim !== undefined && claim !== null && claim !== "")
  const odd = said.find((claim) => !isScopeList(claim))
  if (odd !== undefined) return odd
  if (said.length === 0) return undefined
  // Empty parts stay, so that a double space is still one.
  return [...new Set(said.flat().flatMap((list) => String(list).split(" ")))].join(" ")
}

/** OpenID Connect's name for the client (`azp`) in place of RFC 7662's, and scopes that may be an array. */
export const asOpenId = (raw: RawClaims): RawClaims => ({
  ...raw,
  client_id: raw["client_id"] ?? raw["azp"],
  scope: scopeOf(raw["scope"]),
})

// OpenID Connect Core 1.0 §2, §3.1.3.6, §3.3.2.11; `events`: logout and security event tokens (RFC 8417 §2.2).
const identityClaims = ["nonce", "at_hash", "c_hash", "s_hash", "events"]

/** Whether claims look like those of an ID token, which proves to its client who signed in and opens nothing. */
export const looksLikeIdToken = (raw: RawClaims): boolean =>
  identityClaims.some((name) => name in raw) ||
  [raw["typ"], raw["token_use"], raw["token_type"]].some(
    (kind) => typeof kind === "string" && /^id(_?token)?$/i.test(kind),
  )

export const hostIs = (...names: readonly string[]) => {
  const own = new Set(names)
  return ({ hostname }: URL): boolean => own.has(hostname)
}

/** For suffixes that begin with a dot. */
export const hostEndsWith =
  (...suffixes: readonly string[]) =>
  ({ hostname }: URL): boolean =>
    suffixes.some((suffix) => hostname.endsWith(suffix))
