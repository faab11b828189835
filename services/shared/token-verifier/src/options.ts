/** What whoever uses the verifier decides. */
import type { Dispatcher } from "undici"
import type { CacheBounds } from "./cache/local-cache.ts"
import type { ClientCredentials } from "./http/client-authentication.ts"
import type { Log } from "./log.ts"
import type { Observer } from "./observer.ts"
import type { StrategyName } from "./providers/preset.ts"
import type { RevocationFeed } from "./revocation/revocation-feed.ts"
import type { InProcessIntrospect } from "./servers/in-process-authority.ts"

export type { CacheBounds }

/** An authorization server in another process, whoever made it. Only `issuer` has to be said. */
export interface AuthorizationServerOptions {
  /** As the operator spells it; its own document decides from then on. */
  issuer: string
  /** Where this process reaches the issuer, when that is somewhere else. */
  internalUrl?: string
  /** Name of a preset; recognised by the issuer's host when absent. */
  provider?: string
  /** Default `auto`: the safest that the issuer and the settings make possible. */
  strategy?: StrategyName | "auto"
  /** Who we are when we introspect (RFC 7662 §2.1). */
  credentials?: ClientCredentials
  /** In place of what metadata says; whoever sets it vouches for its host. */
  introspectionUrl?: string
  jwksUrl?: string
  /** Clients whose tokens are accepted; empty: of any. Needed where tokens name no audience. */
  allowedClientIds?: readonly string[]
  /** Audiences that mean this resource server, beside its own URL. */
  allowedAudiences?: readonly string[]
  /** Tenants whose tokens are accepted, for an issuer of many. */
  allowedTenants?: readonly string[]
  /** What this server's scope names begin with where ours do not: `https://mcp.example.com/mcp/` in front of `mcp:tools`. */
  scopePrefix?: string
}

/** Times of the way to one authorization server. Every default is in `defaultLimits`. */
export interface Limits {
  perTryTimeoutMs: number
  /** For everything that one question costs: waiting, tries and pauses included. */
  overallTimeoutMs: number
  retries: number
  /** At once, to one authorization server. */
  maxConcurrent: number
  /** Who waits for a place; more are refused as `overloaded`. */
  maxQueued: number
  /** Between tries to read metadata or keys that could not be read. */
  rediscoverSeconds: number
  /** Between background readings of metadata and keys. */
  refreshSeconds: number
  /** Between background questions when nobody else asks. */
  probeSeconds: number
  /** How long an expired answer may be used while the authorization server cannot be asked; 0: never. */
  staleIfErrorSeconds: number
}

export const defaultCacheBounds: CacheBounds = {
  positiveSeconds: 60,
  negativeSeconds: 5,
  maxPositive: 100_000,
  maxNegative: 10_000,
}

export const defaultLimits: Limits = {
  perTryTimeoutMs: 2000,
  overallTimeoutMs: 5000,
  retries: 2,
  maxConcurrent: 64,
  maxQueued: 1024,
  rediscoverSeconds: 2,
  refreshSeconds: 300,
  probeSeconds: 30,
  staleIfErrorSeconds: 0,
}

/** What the shared cache needs of Redis; an ioredis connection fits. */
export interface SharedCacheConnection {
  getBuffer(key: string): Promise<Buffer | null>
  set(key: string, value: Buffer, expiry: "PX", milliseconds: number): Promise<unknown>
}

export interface TokenVerifierOptions {
  /** The canonical resource URL that tokens must be for (RFC 8707 §2). */
  audience: string
  /** Whose tokens are accepted; the first is the one that clients are sent to. */
  servers: readonly (AuthorizationServerOptions | InProcessServer)[]
  cache?: Partial<CacheBounds>
  limits?: Partial<Limits>
  /** Makes answers outlive this process and warm the next one. Needs `revocations` from the same Redis. */
  shared?: { redis: SharedCacheConnection; keyPrefix: string }
  revocations?: RevocationFeed
  log?: Log
  /** Is told what happens, to count it. */
  observer?: Partial<Observer>
  /** Wall clock, seconds since 1970. */
  now?: () => number
  /** Monotonic clock, seconds: cache times do not follow a wall clock that is set back. */
  uptime?: () => number
  /** In place of our own connections: a proxy's, say. */
  dispatcher?: Dispatcher
}

/** An authorization server in this process. */
export interface InProcessServer {
  issuer: string
  introspect: InProcessIntrospect
}
