/** Issues an authorization code: the grant begins here, and a revocation finds it before the code is redeemed. */
import { formatScope, OAuthError } from "@gatehouse/oauth"
import type { PendingAuthorization } from "./authorization.ts"
import { hashOf } from "./hash.ts"
import { createGrantId, createOpaqueToken } from "./opaque-token.ts"
import type { Stores } from "./ports.ts"

const CODE_TTL_SECONDS = 600

/** Whatever is refreshed, a person is asked again after this. */
const GRANT_TTL_SECONDS = 90 * 86_400

export interface Approved {
  pending: PendingAuthorization
  /** Who approved, prefixed by the authority that says so. */
  subject: string
}

/**
 * Returns the code (RFC 6749 §4.1.2).
 * @throws OAuthError `temporarily_unavailable`; `access_denied` when the grant was revoked before it began
 */
export async function issueCode(
  { pending, subject }: Approved,
  { stores, now }: { stores: Pick<Stores, "grants" | "authorizationCodes">; now: () => number },
): Promise<string> {
  const { clientId, redirectUri, codeChallenge, resource } = pending
  const createdAt = now()
  const expiresAt = createdAt + CODE_TTL_SECONDS
  const scope = formatScope(pending.scopes)
  const grantId = createGrantId()
  const absoluteExpiresAt = createdAt + GRANT_TTL_SECONDS
  const life = { createdAt, absoluteExpiresAt, generation: 0, rotatedAt: 0, revokedAt: 0 }
  const created = await stores.grants.create({ grantId, subject, clientId, scope, resource, ...life }, expiresAt)
  if (!created) throw new OAuthError("access_denied", "the authorization was revoked")

  const code = createOpaqueToken("code", grantId)
  const authorization = { grantId, clientId, redirectUri, codeChallenge, resource, scope, expiresAt }
  await stores.authorizationCodes.save(hashOf(code), authorization)
  return code
}
