/** The verdict about one token for one resource server, made anew for every request from what the authorization server said. */
import type { ActiveToken, Introspection } from "./introspection.ts"
import type { InvalidReason, Validation } from "./validation.ts"

/** Whom tokens must be for (RFC 8707 §2, RFC 9068 §4), and from which clients. */
export interface Audience {
  /** URLs and names that mean this resource server. */
  accepted: ReadonlySet<string>
  /** Empty: of any client. Otherwise a token of another client is refused, whatever its audience. */
  clientIds: ReadonlySet<string>
  /** The provider's tokens name their client as audience: then the clients are what is checked. */
  namesClient: boolean
  /** A token without audience is judged by its client alone; only with a list of clients. */
  mayBeAbsent: boolean
}

export interface Expectations {
  issuer: string
  audience: Audience
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

/** Why a token is refused for this request; undefined when it is not. */
export function faultOf(token: ActiveToken, { issuer, audience, now, isRevoked }: Expectations) {
  return faultOfKind(token, issuer) ?? faultOfParties(token, audience) ?? faultOfTime(token, { now, isRevoked })
}

function faultOfKind(token: ActiveToken, issuer: string): InvalidReason | undefined {
  if (!isAccessToken(token)) return "wrong_token_kind"
  return token.iss !== undefined && token.iss !== issuer ? "wrong_issuer" : undefined
}

function faultOfParties(token: ActiveToken, audience: Audience): InvalidReason | undefined {
  if (!isFor(token, audience)) return "wrong_audience"
  return nobody.has(token.sub?.trim().toLowerCase() ?? "") ? "malformed" : undefined
}

function faultOfTime(
  token: ActiveToken,
  { now, isRevoked }: Pick<Expectations, "now" | "isRevoked">,
): InvalidReason | undefined {
  const { exp, nbf } = token
  if (exp !== undefined && exp + CLOCK_SKEW_SECONDS <= now) return "expired"
  if (nbf !== undefined && nbf - CLOCK_SKEW_SECONDS > now) return "not_yet_valid"
  return isRevoked(token) ? "revoked" : undefined
}

function isAccessToken({ token_type, token_use, typ, senderConstrained }: ActiveToken): boolean {
  const kinds = [token_type, token_use, typ].filter((kind) => kind !== undefined)
  return !senderConstrained && kinds.every((kind) => accessTokenKinds.has(kind.toLowerCase()))
}

function isFor({ aud, client_id }: ActiveToken, audience: Audience): boolean {
  const { accepted, clientIds, namesClient, mayBeAbsent } = audience
  const ofAllowedClient = client_id !== undefined && clientIds.has(client_id)
  if (clientIds.size > 0 && !ofAllowedClient) return false
  const names = typeof aud === "string" ? [aud] : (aud ?? [])
  if (namesClient) return names.some((name) => clientIds.has(name))
  return names.length === 0 ? mayBeAbsent && ofAllowedClient : names.some((name) => accepted.has(name))
}

function claimsOf(token: ActiveToken, { issuer, audience, now }: Expectations) {
  const { client_id, iat, jti, grant_id } = token
  return Object.freeze({
    iss: issuer,
    sub: token.sub ?? "",
    aud: token.aud ?? [...audience.accepted],
    scope: token.scope ?? "",
    exp: token.exp ?? Math.floor(now) + SYNTHETIC_LIFETIME_SECONDS,
    ...(client_id === undefined ? {} : { client_id }),
    ...(iat === undefined ? {} : { iat }),
    ...(jti === undefined ? {} : { jti }),
    ...(grant_id === undefined ? {} : { grant_id }),
  })
}
