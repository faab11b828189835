/** One authorization server of the options, with what all of them share. */
import { createSharedCache, type SharedCache } from "../cache/shared-cache.ts"
import type { HttpClient } from "../http/http-client.ts"
import type { Log } from "../log.ts"
import type { ServerObserver } from "../observer.ts"
import type {
  AuthorizationServerOptions,
  CacheBounds,
  InProcessServer,
  Limits,
  TokenVerifierOptions,
} from "../options.ts"
import type { RecentRevocations } from "../revocation/recent-revocations.ts"
import type { Authority } from "./authority.ts"
import { httpAuthority } from "./http-authority.ts"
import { inProcessAuthority } from "./in-process-authority.ts"
import { watchOutages } from "./outage.ts"

export interface SharedParts {
  /** Canonical resource URL. */
  resource: string
  client: HttpClient
  limits: Limits
  cache: CacheBounds
  shared: TokenVerifierOptions["shared"]
  recent: RecentRevocations
  log: Log | undefined
  now: () => number
  uptime: () => number
}

/** @throws WrongConfiguration for a provider that nobody knows */
export function createAuthority(
  server: AuthorizationServerOptions | InProcessServer,
  observer: ServerObserver,
  parts: SharedParts,
): Authority {
  const { now, uptime, recent: revocations, log, resource } = parts
  const outages = watchOutages({ log, now, issuer: server.issuer })
  const surroundings = { issuer: server.issuer, outages, observer, revocations, now, uptime }
  if ("introspect" in server) return inProcessAuthority(server.introspect, { resource, surroundings })
  return httpAuthority(server, { ...parts, surroundings, shared: sharedCacheFor(server, parts) })
}

/** Replicas of one resource server have one secret in common: what they share is of use to nobody else. */
function sharedCacheFor(server: AuthorizationServerOptions, parts: SharedParts): SharedCache | undefined {
  const { credentials, issuer } = server
  if (parts.shared === undefined || credentials === undefined || !("clientSecret" in credentials)) return undefined
  const { now, uptime, recent: revocations, cache, log } = parts
  return createSharedCache({
    ...parts.shared,
    secret: `${issuer}\n${credentials.clientSecret}`,
    revocations,
    positiveSeconds: cache.positiveSeconds,
    now,
    uptime,
    ...(log && { log }),
  })
}
