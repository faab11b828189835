/** Grants and the tokens issued from them, in Redis. */
import type { AccessTokenClaims } from "@gatehouse/oauth"
import type { Grants } from "../../domain/ports.ts"
import { TOMBSTONE_SECONDS } from "../bounds.ts"
import { isAliveGrant, parseGrant } from "./grant-record.ts"
import { listGrants } from "./list-grants.ts"
import type { StoredRecord } from "./records.ts"
import { rotateIn } from "./rotation.ts"
import { ADD_TO_INDEX, CREATE, ISSUE, REVOKE, REVOKE_ACCESS_TOKEN } from "./scripts/grants.ts"
import type { StoreParts } from "./store-parts.ts"

export function createGrants(parts: StoreParts): Grants {
  const { commands, keys, records, now } = parts
  const claimsOf = (key: string, token: StoredRecord | undefined) =>
    records.bodyOf<AccessTokenClaims>(key, token, ["iss", "sub", "aud", "client_id", "exp", "jti", "grant_id"])
  return {
    async create(grant, expiresAt) {
      const { grantId, subject, clientId, absoluteExpiresAt } = grant
      const indexes = [keys.grantsOfSubject(subject), keys.grantsOfClient(clientId)]
      const member = [now(), grantId, absoluteExpiresAt]
      await Promise.all(indexes.map((index) => commands.run(ADD_TO_INDEX, [index], member)))
      const until = Math.min(expiresAt, absoluteExpiresAt)
      const value = JSON.stringify({ ...grant, expiresAt: until })
      return (await commands.run(CREATE, [keys.grant(grantId)], [now(), value, until])) === 1
    },
    async find(grantId) {
      const key = keys.grant(grantId)
      return parseGrant(records.parse(key, await commands.get(key)))
    },
    async issue(grantId, { hash, claims }, refreshToken) {
      const issued = [keys.grant(grantId), keys.accessToken(grantId, hash)]
      if (refreshToken) issued.push(keys.refreshToken(grantId, refreshToken.hash))
      const args = [now(), JSON.stringify(claims), claims.exp, refreshToken?.expiresAt ?? 0]
      return (await commands.run(ISSUE, issued, args)) === 1
    },
    rotate: (rotation) => rotateIn(parts, rotation),
    async introspect(grantId, accessToken) {
      const asked = [keys.accessToken(grantId, accessToken), keys.grant(grantId)] as const
      const [token, grant] = await commands.getAll(...asked)
      const record = records.parse(asked[0], token)
      if (record?.["revokedAt"] !== 0 || !isAliveGrant(records.parse(asked[1], grant))) return undefined
      return claimsOf(asked[0], record)
    },
    async hasRefreshToken(grantId, refreshToken) {
      const key = keys.refreshToken(grantId, refreshToken)
      return records.parse(key, await commands.get(key)) !== undefined
    },
    async revokeAccessToken(grantId, accessToken) {
      const key = keys.accessToken(grantId, accessToken)
      return claimsOf(
        key,
        records.parse(key, (await commands.run(REVOKE_ACCESS_TOKEN, [key], [now()])) as string | null),
      )
    },
    async revoke(grantId) {
      await commands.run(REVOKE, [keys.grant(grantId)], [now(), grantId, now() + TOMBSTONE_SECONDS])
    },
    list: (of) => listGrants(parts, of),
  }
}
