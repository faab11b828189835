/** The storage schema of the authorization server in Redis: every key, its value and its life. */
import { REVOCATION_STREAM } from "@gatehouse/oauth"
import type { Hash } from "../../domain/authorization.ts"
import { hashOf } from "../../domain/hash.ts"

/**
 * Every key stands behind `REDIS_KEY_PREFIX` and has a TTL. Values are JSON objects of strings and numbers with `expiresAt`, in
 * seconds since 1970 by our own clock; what scripts only carry along is a JSON text in `body`. Only hashes of secrets are stored.
 *
 * | key | value | life |
 * |---|---|---|
 * | `auth:client:<clientId>` | `body`: Client | registration, renewed by use |
 * | `auth:pending:<hash>` | `body`: PendingAuthorization; `approvedAt`; `takenBy`: the attempt that took it | 10 minutes |
 * | `auth:exch:{<grantId>}:<hash>` | `body`: CodeAuthorization; `failures`; `takenBy`. A used code stays, so that its replay is seen | the code's |
 * | `auth:grant:{<grantId>}` | Grant. A revoked one stays as a tombstone; one revoked before it began has only `grantId`, `revokedAt` | its longest token's; absolute end at most; such a tombstone 1 hour |
 * | `auth:installation:{<grantId>}:<hash>` | access token; `body`: AccessTokenClaims; `revokedAt`, 0 while alive | the token's |
 * | `auth:refresh:{<grantId>}:<hash>` | refresh token; `generation`. A replaced one stays, so that its reuse is seen | the token's |
 * | `auth:successor:{<grantId>}` | `body`: the newest refresh token, encrypted under the one before it | the grace |
 * | `auth:subject:<hash of sub>` | ZSET of grant ids by `absoluteExpiresAt`, trimmed when one is added | its last member's |
 * | `auth:client-grants:<clientId>` | the same of a client | its last member's |
 * | `auth:assertion:<hash>` | a `jti` that was used; `takenBy` | the assertion's |
 * | `auth:development-keys` | `body`: private signing keys, in development only | 90 days, renewed by use |
 * | `auth:revocations` | stream of RevocationEvent, a field for each member, trimmed by age to 1 hour | 1 hour, renewed by use |
 */
export const createKeys = (prefix: string) => ({
  client: (clientId: string) => `${prefix}auth:client:${clientId}`,
  pending: (id: Hash) => `${prefix}auth:pending:${id}`,
  code: (grantId: string, code: Hash) => `${prefix}auth:exch:${slotOf(grantId)}:${code}`,
  grant: (grantId: string) => `${prefix}auth:grant:${slotOf(grantId)}`,
  accessToken: (grantId: string, token: Hash) => `${prefix}auth:installation:${slotOf(grantId)}:${token}`,
  refreshToken: (grantId: string, token: Hash) => `${prefix}auth:refresh:${slotOf(grantId)}:${token}`,
  successor: (grantId: string) => `${prefix}auth:successor:${slotOf(grantId)}`,
  grantsOfSubject: (subject: string) => `${prefix}auth:subject:${hashOf(subject)}`,
  grantsOfClient: (clientId: string) => `${prefix}auth:client-grants:${clientId}`,
  assertion: (jti: Hash) => `${prefix}auth:assertion:${jti}`,
  developmentKeys: () => `${prefix}auth:development-keys`,
  revocations: () => prefix + REVOCATION_STREAM,
})

export type Keys = ReturnType<typeof createKeys>

export const REVOCATIONS_SECONDS = 3600
export const DEVELOPMENT_KEYS_SECONDS = 90 * 24 * 3600

/**
 * All of one grant stands in one slot of a Cluster: what must be atomic can be. Callers send the id inside tokens, so that one
 * with braces, which would move the slot, or without end is replaced by its hash.
 */
const slotOf = (grantId: string): string => `{${/^[\w-]{1,64}$/.test(grantId) ? grantId : hashOf(grantId)}}`
