/** What ioredis is told for each way to reach Redis: bounds, credentials, TLS. */
import { Cluster, type Redis, type RedisOptions } from "ioredis"
import { BoundedCluster, BoundedRedis, COMMAND_TIMEOUT_MS } from "./bounded-redis.ts"
import type { RedisSettings } from "./redis-settings.ts"

export type RedisConnection = Redis | Cluster

const retryDelay = (attempt: number): number => Math.min(50 * attempt, 400) + Math.random() * 100

const bounded = {
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: COMMAND_TIMEOUT_MS,
  // A peer that is gone without a word: TCP alone would notice after a quarter of an hour.
  socketTimeout: 2 * COMMAND_TIMEOUT_MS,
  disconnectTimeout: 500,
  maxRetriesPerRequest: 1,
  retryStrategy: retryDelay,
  // After a failover the old primary refuses writes: the command fails, the next one finds the new primary.
  reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
} satisfies RedisOptions

/** Creates the connection that the settings describe; it begins to connect at once. */
export function createConnection(settings: RedisSettings): RedisConnection {
  const options = { ...bounded, ...credentialsOf(settings), ...tlsOf(settings) }
  if (settings.REDIS_URL !== undefined) return new BoundedRedis(settings.REDIS_URL, options)
  if (settings.REDIS_SENTINELS !== undefined) return new BoundedRedis({ ...options, ...sentinelOptions(settings) })
  return new BoundedCluster(settings.REDIS_CLUSTER_NODES ?? [], {
    redisOptions: options,
    clusterRetryStrategy: retryDelay,
    slotsRefreshTimeout: COMMAND_TIMEOUT_MS,
    slotsRefreshInterval: 5_000,
    maxRedirections: 5,
    // A certificate names what the node announces; resolving that first would lose the name.
    ...("tls" in options && {
      dnsLookup: (address: string, done: (error: null, address: string) => void) => done(null, address),
    }),
  })
}

const sentinelOptions = (settings: RedisSettings) => ({
  ...(settings.REDIS_SENTINELS && { sentinels: settings.REDIS_SENTINELS }),
  name: settings.REDIS_SENTINEL_MASTER ?? "",
  ...(settings.REDIS_SENTINEL_PASSWORD !== undefined && { sentinelPassword: settings.REDIS_SENTINEL_PASSWORD }),
  ...(settings.REDIS_TLS && { sentinelTLS: tlsOf(settings).tls ?? {}, enableTLSForSentinelMode: true }),
  sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
  sentinelRetryStrategy: retryDelay,
  // ioredis's failover detector may hang up while a new master is being looked for, which ends the connection for good.
  // It is not needed: Sentinel closes the old master's connections, and a write to what is no master any more is READONLY.
  failoverDetector: false,
})

const credentialsOf = ({ REDIS_USERNAME, REDIS_PASSWORD }: RedisSettings) => ({
  ...(REDIS_USERNAME !== undefined && { username: REDIS_USERNAME }),
  ...(REDIS_PASSWORD !== undefined && { password: REDIS_PASSWORD }),
})

function tlsOf({ REDIS_TLS, REDIS_TLS_CA_FILE: ca, REDIS_URL }: RedisSettings): { tls?: { ca?: string } } {
  if (!REDIS_TLS && !REDIS_URL?.startsWith("rediss:")) return {}
  return { tls: ca === undefined ? {} : { ca } }
}

/** The same Redis, for reads that may take this much longer. */
export function duplicateFor(redis: RedisConnection, blockMs: number): RedisConnection {
  const commandTimeout = blockMs + COMMAND_TIMEOUT_MS
  const patient = { commandTimeout, socketTimeout: commandTimeout + COMMAND_TIMEOUT_MS }
  return redis instanceof Cluster ? redis.duplicate([], { redisOptions: patient }) : redis.duplicate(patient)
}
