/** The three outcomes of validating a token, with the closed lists of reasons that answers, logs and metrics share. */
import type { AccessTokenClaims } from "@gatehouse/oauth"

/** Why a token is refused. `malformed` is also a token without what every token must say, such as a subject. */
export const INVALID_REASONS = [
  "missing",
  "malformed",
  "unknown",
  "expired",
  "not_yet_valid",
  "bad_signature",
  "unknown_key",
  "wrong_issuer",
  "wrong_audience",
  "wrong_token_kind",
  "revoked",
  "inactive",
  "insufficient_scope",
] as const
export type InvalidReason = (typeof INVALID_REASONS)[number]

/** Why we cannot tell. `bad_response`: the authorization server answered, but with something that decides nothing. */
export const UNAVAILABLE_REASONS = [
  "timeout",
  "network",
  "refused",
  "rate_limited",
  "circuit_open",
  "overloaded",
  "bad_response",
  "credentials_rejected",
  "keys_unavailable",
] as const
export type UnavailableReason = (typeof UNAVAILABLE_REASONS)[number]

/**
 * What a valid token says, frozen. `scope` is "" when it has none, and `exp` is at most a minute away when the authorization
 * server named no expiry. What else it left out stays absent: nothing is made up.
 */
export type VerifiedClaims = Readonly<
  Pick<AccessTokenClaims, "iss" | "sub" | "aud" | "scope" | "exp"> &
    Partial<Pick<AccessTokenClaims, "client_id" | "iat" | "jti" | "grant_id">>
>

export type Validation =
  | { outcome: "valid"; claims: VerifiedClaims }
  | { outcome: "invalid"; reason: InvalidReason }
  | { outcome: "unavailable"; reason: UnavailableReason; retryAfterSeconds: number }
