/** Grants and the tokens issued from them, in memory. Each method does its work in one tick, which makes it atomic. */
import type { Grant } from "../../domain/authorization.ts"
import type { Grants } from "../../domain/ports.ts"
import { PAGE_SIZE, TOMBSTONE_SECONDS } from "../bounds.ts"
import type { MemoryOptions } from "./expiring-map.ts"
import { GrantRecords } from "./grant-records.ts"
import { rotateIn } from "./rotation.ts"

export function createGrants(options: MemoryOptions): Grants {
  const records = new GrantRecords(options)
  const { grants, accessTokens, refreshTokens, revokedEarly, keyOf } = records
  return {
    async create(grant, expiresAt) {
      if (revokedEarly.get(grant.grantId)) return false
      if (!grants.get(grant.grantId)) records.saveGrant(grant, expiresAt)
      return records.findAlive(grant.grantId) !== undefined
    },
    async find(grantId) {
      return grants.get(grantId)
    },
    async issue(grantId, accessToken, refreshToken) {
      const grant = records.findAlive(grantId)
      if (!grant) return false
      records.saveAccessToken(grantId, accessToken)
      if (refreshToken) refreshTokens.set(keyOf(grantId, refreshToken.hash), 1, refreshToken.expiresAt)
      records.saveGrant(
        { ...grant, generation: Math.max(grant.generation, 1) },
        accessToken.claims.exp,
        refreshToken?.expiresAt ?? 0,
      )
      return true
    },
    async rotate(rotation) {
      return rotateIn(records, rotation)
    },
    async introspect(grantId, accessToken) {
      const token = accessTokens.peek(keyOf(grantId, accessToken))
      return token && !token.revoked && grants.peek(grantId)?.revokedAt === 0 ? { ...token.claims } : undefined
    },
    async hasRefreshToken(grantId, refreshToken) {
      return refreshTokens.get(keyOf(grantId, refreshToken)) !== undefined
    },
    async revokeAccessToken(grantId, accessToken) {
      const key = keyOf(grantId, accessToken)
      const token = accessTokens.get(key)
      if (token) accessTokens.set(key, { ...token, revoked: true }, token.claims.exp)
      return token?.claims
    },
    async revoke(grantId) {
      const grant = grants.get(grantId)
      if (!grant) revokedEarly.set(grantId, true, options.now() + TOMBSTONE_SECONDS)
      else if (grant.revokedAt === 0) records.saveGrant({ ...grant, revokedAt: options.now() })
    },
    list: (of) => pagesOf(grants.values(), of),
  }
}

async function* pagesOf(grants: Iterable<Grant>, of: { subject: string } | { clientId: string }) {
  let page: string[] = []
  for (const grant of grants) {
    if ("subject" in of ? grant.subject !== of.subject : grant.clientId !== of.clientId) continue
    page.push(grant.grantId)
    if (page.length < PAGE_SIZE) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
