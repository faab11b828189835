/** The grant type `client_credentials` (RFC 6749 §4.4): a client that the operator knows acts for itself. */
import { formatScope, OAuthError } from "@gatehouse/oauth"
import type { Grant } from "../authorization.ts"
import { checkResource, checkScope } from "../authorization-request.ts"
import { createGrantId } from "../opaque-token.ts"
import type { RedeemGrant } from "../redeem-grant.ts"

export const redeemClientCredentials: RedeemGrant = async ({ client, parameters }, { stores, config, now }) => {
  const { clientId } = client
  // Whoever can register could otherwise give itself a token.
  if (client.source !== "pre-registered" || client.authMethod === "none")
    throw new OAuthError("unauthorized_client", "this client cannot act for itself")
  const createdAt = now()
  const scope = formatScope(checkScope(parameters.get("scope"), client))
  const resource = checkResource(parameters.get("resource"), config.resources)
  const grant: Grant = {
    grantId: createGrantId(),
    // The prefix keeps it apart from every person (RFC 9068 §5).
    subject: `client|${clientId}`,
    clientId,
    scope,
    resource,
    createdAt,
    absoluteExpiresAt: createdAt + config.accessTokenTtlSeconds,
    generation: 0,
    rotatedAt: 0,
    revokedAt: 0,
  }
  return {
    grant,
    scope,
    remember: async (accessToken) => {
      const { grantId, absoluteExpiresAt } = grant
      const remembered =
        (await stores.grants.create(grant, absoluteExpiresAt)) && (await stores.grants.issue(grantId, accessToken))
      if (!remembered) throw new OAuthError("invalid_grant", "the client was revoked meanwhile")
      return undefined // RFC 6749 §4.4.3: it has its credentials to ask again with
    },
  }
}
