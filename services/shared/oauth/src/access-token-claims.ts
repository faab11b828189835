/** What an access token says, as the authorization server that issued it vouches for it. */

/** Claims of an access token (RFC 9068 §2.2, RFC 7662 §2.2). Times are NumericDate: seconds since 1970. */
export interface AccessTokenClaims {
  iss: string
  sub: string
  aud: string | readonly string[]
  client_id: string
  /** Space-separated, as on the wire. */
  scope: string
  iat: number
  exp: number
  jti: string
  /** The grant it was issued from: what a revocation names. */
  grant_id: string
}

/** Answer of an introspection endpoint about an active token (RFC 7662 §2.2). */
export interface ActiveIntrospection extends AccessTokenClaims {
  active: true
  token_type: "Bearer"
}

/** RFC 7662 §2.2: exactly this for whatever is not active, so that nothing is told about it. */
export interface InactiveIntrospection {
  active: false
}

export type IntrospectionResponse = ActiveIntrospection | InactiveIntrospection
