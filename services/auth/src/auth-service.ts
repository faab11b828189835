/** The authorization server put together from its configuration, for its own process and for the all-in-one service. */
import type { IntrospectionResponse } from "@gatehouse/oauth"
import { connectRedis, type RedisConnection, type ServiceKit } from "@gatehouse/service-kit"
import { auditLog } from "./audit-log.ts"
import type { AuthConfig } from "./config.ts"
import type { AuthDependencies } from "./dependencies.ts"
import { createFindClient } from "./domain/clients-file.ts"
import { demoIdentity } from "./domain/identity/demo.ts"
import { introspectToken } from "./domain/introspection.ts"
import { developmentSigningKeys } from "./domain/signing-keys.ts"
import { type LocalRevocations, withLocalListeners } from "./local-revocations.ts"
import { createMemoryStores } from "./stores/memory/index.ts"
import { createRedisStores } from "./stores/redis/index.ts"

export interface AuthService {
  /** For `buildAuthApp` or `authRoutes`. */
  deps: AuthDependencies
  /** Introspection without a wire, as a resource server with this one resource. Throws OAuthError `temporarily_unavailable`. */
  introspectFor(resource: string): (token: string) => Promise<IntrospectionResponse>
  revocations: LocalRevocations
  /** Undefined: everything is kept in memory. */
  redis: RedisConnection | undefined
}

/** Opens the stores, closes them with the process, and says what an operator should know. */
export async function createAuthService(config: AuthConfig, kit: ServiceKit): Promise<AuthService> {
  const { log, now } = kit
  const redis = config.redis && connectRedis(config.redis, log)
  const opened = redis
    ? createRedisStores({ redis, keyPrefix: config.keyPrefix, now, log })
    : createMemoryStores({ now })
  const revocations = withLocalListeners(opened.revocations)
  const stores = { ...opened, revocations }
  kit.onClose(() => stores.close())
  kit.reportHealth("store", async () => {
    await stores.ping()
    return { kind: redis ? "redis" : "memory", warnings: await stores.warnings() }
  })
  // In the background: a Redis that is down is no reason not to start.
  void stores.warnings().then(
    (warnings) => {
      for (const warning of warnings) log.warn(warning)
    },
    () => log.warn("the store could not be asked for its configuration"),
  )
  const { resourceServers } = config.clientsFile
  if (resourceServers.length === 0) log.warn("CLIENTS_FILE names no resource server: nobody can introspect")
  const known = new Map(resourceServers.map((each) => [each.clientId, each]))
  const deps: AuthDependencies = {
    config,
    stores,
    signingKeys: config.signingKeys ?? (await developmentSigningKeys(stores.developmentKeys)),
    identity: demoIdentity(),
    findClient: createFindClient(config.clientsFile, stores.clients),
    findResourceServer: (clientId) => known.get(clientId),
    rateLimit: { requestsPerMinute: config.rateLimit, keyPrefix: config.keyPrefix, ...(redis && { redis }) },
    audit: auditLog(log, now),
    now,
  }
  return {
    deps,
    introspectFor: (resource) => (token) => introspectToken(token, { resources: [resource] }, stores.grants),
    revocations,
    redis,
  }
}
