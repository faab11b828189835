/** A token request (RFC 6749 §3.2) from an authenticated client: a short list of steps that no grant type can skip. */
import { canonicalResource, OAuthError, requireParameter } from "@gatehouse/oauth"
import { type Client, GRANT_TYPES, type GrantType } from "./client.ts"
import { redeemAuthorizationCode } from "./grants/authorization-code.ts"
import { redeemClientCredentials } from "./grants/client-credentials.ts"
import { redeemRefreshToken } from "./grants/refresh-token.ts"
import { issueTokens, type Redeemed, type TokenResponse } from "./issue-tokens.ts"
import type { RedeemGrant, TokenDependencies, TokenRequest } from "./redeem-grant.ts"

const redeemers: Readonly<Record<GrantType, RedeemGrant>> = {
  authorization_code: redeemAuthorizationCode,
  refresh_token: redeemRefreshToken,
  client_credentials: redeemClientCredentials,
}

/** Of a registered client: forgotten when it was not used for so long. */
const CLIENT_TTL_SECONDS = 30 * 86_400

/** @throws OAuthError as of RFC 6749 §5.2 and RFC 8707 §2; `temporarily_unavailable` */
export async function handleTokenRequest(request: TokenRequest, deps: TokenDependencies): Promise<TokenResponse> {
  const grantType = grantTypeOf(request)
  await keepClient(request.client, deps)
  const redeemed = await redeemers[grantType](request, deps)
  checkResource(request, redeemed)
  return issueTokens(redeemed, deps)
}

function grantTypeOf({ client, parameters }: TokenRequest): GrantType {
  const asked = requireParameter(parameters, "grant_type")
  const grantType = GRANT_TYPES.find((known) => known === asked)
  if (grantType === undefined)
    throw new OAuthError("unsupported_grant_type", `grant_type must be one of ${GRANT_TYPES.join(", ")}`)
  if (!client.grantTypes.includes(grantType))
    throw new OAuthError("unauthorized_client", `this client is not registered for ${grantType}`)
  return grantType
}

/** Renewed by use, and never shorter than a refresh token that is issued now. */
async function keepClient({ clientId, source }: Client, { stores, config, now }: TokenDependencies): Promise<void> {
  if (source !== "registered") return
  await stores.clients.renew(clientId, now() + Math.max(CLIENT_TTL_SECONDS, config.refreshTokenTtlSeconds))
}

/** Tokens of a grant are for the resource that it was given for (RFC 8707 §2.2). */
function checkResource({ parameters }: TokenRequest, { grant }: Redeemed): void {
  const resource = parameters.get("resource")
  if (resource !== undefined && canonicalResource(resource) !== grant.resource)
    throw new OAuthError("invalid_target", "the grant is not for this resource")
}
