/** Issues tokens: the end of every token request, whatever the grant type. */

import { type AccessTokenDependencies, createAccessToken } from "./access-token.ts"
import { type Audit, pseudonymOf } from "./audit.ts"
import type { Grant } from "./authorization.ts"
import type { AccessTokenRecord } from "./ports.ts"

/** What a grant type found: a grant, and how tokens of it are remembered. */
export interface Redeemed {
  grant: Grant
  /** Space-separated; never wider than the grant's. */
  scope: string
  /**
   * Remembers the access token, and whatever this grant type must do in the same step. Returns the refresh token, if there is one.
   * @throws OAuthError `invalid_grant` when the grant is gone by now, with nothing remembered
   */
  remember(accessToken: AccessTokenRecord): Promise<string | undefined>
}

/** RFC 6749 §5.1. */
export interface TokenResponse {
  access_token: string
  token_type: "Bearer"
  expires_in: number
  refresh_token?: string
  scope: string
}

/** Remembered before it is answered: what a client holds, introspection knows. */
export async function issueTokens(
  { grant, scope, remember }: Redeemed,
  deps: AccessTokenDependencies & { audit: Audit },
): Promise<TokenResponse> {
  const { accessToken, record } = await createAccessToken(grant, scope, deps)
  const refreshToken = await remember(record)
  const { client_id, jti, iat, exp } = record.claims
  deps.audit("auth.token.issued", { client_id, subject: pseudonymOf(grant.subject), jti })
  return {
    access_token: accessToken,
    token_type: "Bearer",
    expires_in: exp - iat,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    scope,
  }
}
