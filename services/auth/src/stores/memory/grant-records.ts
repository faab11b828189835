/** What is remembered of grants in memory, and the two rules of keeping it: first claims stay, grants outlive their tokens. */
import type { AccessTokenClaims } from "@gatehouse/oauth"
import type { Grant } from "../../domain/authorization.ts"
import type { AccessTokenRecord } from "../../domain/ports.ts"
import { ExpiringMap, type MemoryOptions } from "./expiring-map.ts"

/** Everything that one grant's methods look at together. */
export class GrantRecords {
  readonly now: () => number
  readonly grants: ExpiringMap<Grant>
  readonly accessTokens: ExpiringMap<{ claims: AccessTokenClaims; revoked: boolean }>
  /** Generation of each refresh token. */
  readonly refreshTokens: ExpiringMap<number>
  readonly sealedSuccessors: ExpiringMap<string>
  /** Ids revoked where there was no grant. */
  readonly revokedEarly: ExpiringMap<true>

  constructor(options: MemoryOptions) {
    this.now = options.now
    this.grants = new ExpiringMap(options)
    this.accessTokens = new ExpiringMap(options)
    this.refreshTokens = new ExpiringMap(options)
    this.sealedSuccessors = new ExpiringMap(options)
    this.revokedEarly = new ExpiringMap(options)
  }

  keyOf = (grantId: string, hash: string): string => `${grantId}:${hash}`

  findAlive(grantId: string): Grant | undefined {
    const grant = this.grants.get(grantId)
    return grant?.revokedAt === 0 ? grant : undefined
  }

  /** Keeps a token that is there already, revoked or not, as it is. */
  saveAccessToken(grantId: string, { hash, claims }: AccessTokenRecord): void {
    const key = this.keyOf(grantId, hash)
    if (!this.accessTokens.get(key)) this.accessTokens.set(key, { claims, revoked: false }, claims.exp)
  }

  /** Saves the grant, for at least as long as these live, but never past its absolute end. */
  saveGrant(grant: Grant, ...expiries: readonly number[]): void {
    const expiresAt = Math.max(this.grants.expiryOf(grant.grantId) ?? 0, ...expiries)
    this.grants.set(grant.grantId, grant, Math.min(expiresAt, grant.absoluteExpiresAt))
  }
}
