/** Revocation (RFC 7009): the state changes first, then resource servers are told; either failing is a failure, and asking again repeats both. */
import { OAuthError } from "@gatehouse/oauth"
import { parseAccessToken } from "./access-token.ts"
import { type Audit, pseudonymOf } from "./audit.ts"
import type { Grant, Hash } from "./authorization.ts"
import type { Client } from "./client.ts"
import { parseOpaqueToken } from "./opaque-token.ts"
import type { Stores } from "./ports.ts"

export interface RevocationDependencies {
  stores: Pick<Stores, "grants" | "revocations">
  audit: Audit
}

/** Revokes a grant with everything issued from it, also when it was revoked before. */
export async function revokeGrant(
  grantId: string,
  { grants, revocations }: RevocationDependencies["stores"],
): Promise<void> {
  await grants.revoke(grantId)
  await revocations.publish({ kind: "grant", grantId })
}

/**
 * Revokes what the token is: a refresh token's grant, or one access token. A token that is not known is revoked already (§2.2).
 * @throws OAuthError `invalid_grant` when it was issued to another client (§2.1); `temporarily_unavailable`
 */
export async function revokeToken(token: string, client: Client, deps: RevocationDependencies): Promise<void> {
  const refreshToken = parseOpaqueToken("refresh-token", token)
  if (refreshToken !== undefined) return revokeRefreshToken(refreshToken, client, deps)
  const accessToken = parseAccessToken(token)
  if (accessToken !== undefined) return revokeAccessToken(accessToken, client, deps)
}

interface Named {
  grantId: string
  hash: Hash
}

async function revokeRefreshToken(
  { grantId, hash }: Named,
  client: Client,
  deps: RevocationDependencies,
): Promise<void> {
  const { grants } = deps.stores
  const grant = await grants.find(grantId)
  if (grant === undefined || !(await grants.hasRefreshToken(grantId, hash))) return
  checkOwner(grant, client)
  await revokeGrant(grantId, deps.stores)
  deps.audit("auth.token.revoked", factsOf(grant))
}

async function revokeAccessToken(
  { grantId, hash }: Named,
  client: Client,
  deps: RevocationDependencies,
): Promise<void> {
  const { grants, revocations } = deps.stores
  const grant = await grants.find(grantId)
  if (grant === undefined) return
  // Whoever names another's grant without a token of it learns nothing.
  if (grant.clientId !== client.clientId && (await grants.introspect(grantId, hash)) === undefined) return
  checkOwner(grant, client)
  const claims = await grants.revokeAccessToken(grantId, hash)
  if (claims === undefined) return
  await revocations.publish({ kind: "token", grantId, jti: claims.jti })
  deps.audit("auth.token.revoked", { ...factsOf(grant), jti: claims.jti })
}

function checkOwner(grant: Grant, client: Client): void {
  if (grant.clientId !== client.clientId)
    throw new OAuthError("invalid_grant", "the token was issued to another client")
}

const factsOf = ({ clientId, subject }: Grant) => ({ client_id: clientId, subject: pseudonymOf(subject) })
