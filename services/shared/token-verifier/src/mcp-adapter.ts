/** For servers built on the MCP SDK's own guard: our verifier in the shape of its `OAuthTokenVerifier`. */
import { parseScope } from "@gatehouse/oauth"
import type { TokenVerifier } from "./token-verifier.ts"

/** The SDK's `AuthInfo`, as far as it is filled here; the token is the caller's own. */
export interface VerifiedAuthInfo {
  token: string
  clientId: string
  scopes: string[]
  /** Seconds since 1970. */
  expiresAt: number
  extra: { subject: string; issuer: string }
}

/** Makes the SDK's error of an OAuth error code: `(code, message) => new OAuthError(code, message)`. */
export type CreateOAuthError = (code: "invalid_token" | "server_error", message: string) => Error

/**
 * Adapts a verifier to the MCP SDK's `OAuthTokenVerifier` (RFC 6750 §3.1). The SDK's guard knows no 503: an authorization server
 * that cannot be asked becomes its 500 (`server_error`), which no client takes for a bad token.
 * @throws what `createError` makes: `invalid_token` when the token is refused, `server_error` when nobody can tell
 */
export const asOAuthTokenVerifier = (
  verifier: Pick<TokenVerifier, "verifyToken">,
  createError: CreateOAuthError,
): { verifyAccessToken(token: string): Promise<VerifiedAuthInfo> } => ({
  async verifyAccessToken(token) {
    const validation = await verifier.verifyToken(token)
    if (validation.outcome === "invalid")
      throw createError("invalid_token", `the access token is refused: ${validation.reason}`)
    if (validation.outcome === "unavailable")
      throw createError("server_error", `the access token cannot be checked now: ${validation.reason}`)
    const { sub: subject, iss: issuer, client_id: clientId = "", scope, exp: expiresAt } = validation.claims
    return { token, clientId, scopes: parseScope(scope), expiresAt, extra: { subject, issuer } }
  },
})
