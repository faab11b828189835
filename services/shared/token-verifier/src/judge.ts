/** The verdict about one token for one resource server, made anew for every request from what the authorization server said. */
import type { ActiveToken, Introspection } from "./introspection.ts"
import type { InvalidReason, Validation } from "./validation.ts"

export interface Expectations {
  issuer: string
  /** Canonical resource URL of this resource server. */
  audience: string
  /** Seconds since 1970. */
  now: number
  isRevoked: (token: ActiveToken) => boolean
}

/** How far the clocks of two machines may be apart. */
const CLOCK_SKEW_SECONDS = 5
/** Given to a token whose authorization server names no expiry. */
const SYNTHETIC_LIFETIME_SECONDS = 60

// What authorization servers write into token_type, token_use or typ of an access token. A refresh token, an ID token or a
// token bound to a key (DPoP) says something else.
const accessTokenKinds = new Set(["bearer", "access", "access_token", "jwt", "at+jwt", "application/at+jwt"])
// Made up by careless servers for "nobody": two of them would share one identity.
const nobody = new Set(["", "unknown", "undefined", "null"])

export function judge(answer: Introspection, expected: Expectations): Validation {
  if (!answer.active) return { outcome: "invalid", reason: answer.reason ?? "inactive" }
  const reason = faultOf(answer, expected)
  return reason ? { outcome: "invalid", reason } : { outcome: "valid", claims: claimsOf(answer, expected) }
}

function faultOf(token: ActiveToken, { issuer, audience, now, isRevoked }: Expectations): InvalidReason | undefined {
  if (!isAccessToken(token)) return "wrong_token_kind"
  if (token.iss !== undefined && token.iss !== issuer) return "wrong_issuer"
  if (!isFor(token, audience)) return "wrong_audience"
  if (nobody.has(token.sub?.trim().toLowerCase() ?? "")) return "malformed"
  if (token.exp !== undefined && token.exp + CLOCK_SKEW_SECONDS <= now) return "expired"
  if (token.nbf !== undefined && token.nbf - CLOCK_SKEW_SECONDS > now) return "not_yet_valid"
  return isRevoked(token) ? "revoked" : undefined
}

function isAccessToken({ token_type, token_use, typ, senderConstrained }: ActiveToken): boolean {
  const kinds = [token_type, token_use, typ].filter((kind) => kind !== undefined)
  return !senderConstrained && kinds.every((kind) => accessTokenKinds.has(kind.toLowerCase()))
}

const isFor = ({ aud }: ActiveToken, audience: string): boolean =>
  typeof aud === "string" ? aud === audience : (aud?.includes(audience) ?? false)

function claimsOf(token: ActiveToken, { issuer, audience, now }: Expectations) {
  const { client_id, iat, jti, grant_id } = token
  return Object.freeze({
    iss: issuer,
    sub: token.sub ?? "",
    aud: token.aud ?? audience,
    scope: token.scope ?? "",
    exp: token.exp ?? Math.floor(now) + SYNTHETIC_LIFETIME_SECONDS,
    ...(client_id === undefined ? {} : { client_id }),
    ...(iat === undefined ? {} : { iat }),
    ...(jti === undefined ? {} : { jti }),
    ...(grant_id === undefined ? {} : { grant_id }),
  })
}
