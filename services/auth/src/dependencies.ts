/** What the authorization server is made of: handed in by whoever runs it, and cut out for each route. */
import type { RedisConnection } from "@gatehouse/service-kit"
import type { Audit } from "./domain/audit.ts"
import type { ResourceServer } from "./domain/client.ts"
import type { FindClient, Identity, Stores } from "./domain/ports.ts"
import type { SigningKeys } from "./domain/signing-keys.ts"
import type { AuthMetrics } from "./metrics/auth-metrics.ts"

/** What the operator decided. */
export interface AuthPolicy {
  /** Byte for byte as configured, everywhere. */
  issuer: string
  /** Canonical URLs of the resources that tokens are issued for. */
  resources: readonly string[]
  accessTokenTtlSeconds: number
  /** Of a refresh token that is not used. */
  refreshTokenTtlSeconds: number
  /** Web origins whose scripts may call, beyond the issuer's own. */
  allowedOrigins: readonly string[]
}

/** What every endpoint is made of. */
export interface AuthDependencies {
  config: AuthPolicy
  stores: Stores
  signingKeys: SigningKeys
  identity: Identity
  findClient: FindClient
  /** Only the operator's file makes one. */
  findResourceServer: (clientId: string) => ResourceServer | undefined
  rateLimit: RateLimitSettings
  audit: Audit
  metrics: AuthMetrics
  /** Seconds since 1970. */
  now: () => number
}

export interface RateLimitSettings {
  /** Of one peer at one endpoint. */
  requestsPerMinute: number | "off"
  /** Counts for all replicas together. */
  redis?: RedisConnection
  keyPrefix?: string
}
