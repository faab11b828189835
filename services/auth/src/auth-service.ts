/** The authorization server put together from its configuration, for its own process and for the all-in-one service. */
import type { IntrospectionResponse } from "@gatehouse/oauth"
import { connectRedis, createRedisMetrics, type RedisConnection, type ServiceKit } from "@gatehouse/service-kit"
import { auditLog } from "./audit-log.ts"
import type { AuthConfig } from "./config.ts"
import type { AuthDependencies } from "./dependencies.ts"
import { createFindClient } from "./domain/clients-file.ts"
import { demoIdentity } from "./domain/identity/demo.ts"
import { developmentSigningKeys } from "./domain/signing-keys.ts"
import { type LocalRevocations, withLocalListeners } from "./local-revocations.ts"
import { withAuditMetrics } from "./metrics/audit-metrics.ts"
import { createAuthMetrics, declareSigningKeyEnd } from "./metrics/auth-metrics.ts"
import { measuredIntrospection } from "./metrics/introspection-metrics.ts"
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
  const metrics = createAuthMetrics(kit.metrics)
  const redis = config.redis && connectRedis(config.redis, log, createRedisMetrics(kit.metrics, "auth"))
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
  if (resourceServers.length === 0)
    log.warn("no resource server is named, by CLIENTS_FILE or INTROSPECTION_CLIENT_SECRET: nobody can introspect")
  const known = new Map(resourceServers.map((each) => [each.clientId, each]))
  const signingKeys = config.signingKeys ?? (await developmentSigningKeys(stores.developmentKeys))
  declareSigningKeyEnd(kit.metrics, () => signingKeys.notAfter)
  const deps: AuthDependencies = {
    config,
    stores,
    signingKeys,
    identity: demoIdentity(),
    findClient: createFindClient(config.clientsFile, stores.clients),
    findResourceServer: (clientId) => known.get(clientId),
    rateLimit: { requestsPerMinute: config.rateLimit, keyPrefix: config.keyPrefix, ...(redis && { redis }) },
    audit: withAuditMetrics(auditLog(log), metrics),
    metrics,
    now,
  }
  const introspect = measuredIntrospection(stores.grants, metrics)
  return {
    deps,
    introspectFor: (resource) => (token) => introspect(token, { resources: [resource] }),
    revocations,
    redis,
  }
}
