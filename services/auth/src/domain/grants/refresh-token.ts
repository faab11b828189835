/** The grant type `refresh_token` (RFC 6749 §6): rotated at each use, forgiving for a moment, then merciless (RFC 9700 §4.14.2). */
import { coversScope, formatScope, OAuthError, parseScope, requireParameter } from "@gatehouse/oauth"
import { pseudonymOf } from "../audit.ts"
import type { Grant } from "../authorization.ts"
import { parseOpaqueToken } from "../opaque-token.ts"
import type { Rotated } from "../ports.ts"
import type { RedeemGrant, TokenDependencies } from "../redeem-grant.ts"
import { createRefreshToken, sealSuccessor, unsealSuccessor } from "../refresh-token.ts"
import { revokeGrant } from "../revocation.ts"

/** Clients lose answers, and refresh twice at once: for so long the same token gives the same successor. */
const GRACE_SECONDS = 30

const notValid = (): OAuthError => new OAuthError("invalid_grant", "the refresh token is not valid")

export const redeemRefreshToken: RedeemGrant = async ({ client, parameters }, deps) => {
  const presented = requireParameter(parameters, "refresh_token")
  const parsed = parseOpaqueToken("refresh-token", presented)
  if (parsed === undefined) throw notValid()
  const grant = await deps.stores.grants.find(parsed.grantId)
  if (grant === undefined || grant.clientId !== client.clientId) throw notValid()
  if (grant.revokedAt > 0) return refuseRevoked(grant, parsed.hash, deps)

  return {
    grant,
    scope: narrowedScope(parameters.get("scope"), grant),
    remember: async (accessToken) => {
      const { refreshToken, record } = createRefreshToken(grant, deps)
      const rotated = await deps.stores.grants.rotate({
        grantId: grant.grantId,
        presented: parsed.hash,
        successor: record,
        sealedSuccessor: sealSuccessor(refreshToken, presented),
        graceSeconds: GRACE_SECONDS,
        accessToken,
      })
      return successorOf(rotated, { grant, presented, refreshToken }, deps)
    },
  }
}

/** The refresh token keeps the whole scope of the grant; this access token may have less (RFC 6749 §6). */
function narrowedScope(asked: string | undefined, { scope }: Grant): string {
  if (asked === undefined) return scope
  const scopes = parseScope(asked)
  const held = parseScope(scope)
  if (scopes.every((each) => coversScope(held, each))) return formatScope(scopes)
  throw new OAuthError("invalid_scope", "the grant does not have this scope")
}

async function successorOf(
  rotated: Rotated,
  { grant, presented, refreshToken }: { grant: Grant; presented: string; refreshToken: string },
  deps: TokenDependencies,
): Promise<string> {
  const facts = { client_id: grant.clientId, subject: pseudonymOf(grant.subject) }
  if (rotated.kind === "rotated") {
    deps.audit("auth.token.rotated", facts)
    return refreshToken
  }
  if (rotated.kind === "reused") {
    deps.audit("auth.token.reuse_detected", facts)
    await deps.stores.revocations.publish({ kind: "grant", grantId: grant.grantId })
  }
  const successor = rotated.kind === "repeated" ? unsealSuccessor(rotated.sealedSuccessor, presented) : undefined
  if (successor === undefined) throw notValid()
  return successor
}

/** If resource servers could not be told when the grant was revoked, whoever asks again has them told. */
async function refuseRevoked(grant: Grant, hash: string, { stores }: TokenDependencies): Promise<never> {
  if (await stores.grants.hasRefreshToken(grant.grantId, hash)) await revokeGrant(grant.grantId, stores)
  throw notValid()
}
