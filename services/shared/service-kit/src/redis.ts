/** The connection to Redis: every command answers or fails within a bound, recovery needs nobody, and an outage is two lines in the log. */
import { createRequire } from "node:module"
import type { Logger } from "pino"
import { BoundedCluster, BoundedRedis } from "./bounded-redis.ts"
import type { RedisMetrics } from "./metrics/redis-metrics.ts"
import { createConnection, duplicateFor, type RedisConnection } from "./redis-options.ts"
import type { RedisSettings } from "./redis-settings.ts"
import { ConfigurationError } from "./settings.ts"

/**
 * Connects in the background: returns at once, and a Redis that is down is no reason not to start.
 * A command that a lost connection leaves without a reply is sent again, so that what is sent must bear being done twice.
 * @throws ConfigurationError when none or several of the three ways are given
 */
export function connectRedis(settings: RedisSettings, log: Logger, metrics?: RedisMetrics): RedisConnection {
  checkRedisSettings(settings)
  keepCommandsOutOfDebugOutput()
  const redis = createConnection(settings)
  logStateChanges(redis, log)
  if (metrics && (redis instanceof BoundedRedis || redis instanceof BoundedCluster)) redis.observer = metrics
  metrics?.watch(redis)
  return redis
}

function checkRedisSettings({
  REDIS_URL,
  REDIS_SENTINELS,
  REDIS_CLUSTER_NODES,
  REDIS_SENTINEL_MASTER,
}: RedisSettings): void {
  const ways = [REDIS_URL, REDIS_SENTINELS, REDIS_CLUSTER_NODES].filter((way) => way !== undefined)
  if (ways.length !== 1)
    throw new ConfigurationError(["exactly one of REDIS_URL, REDIS_SENTINELS and REDIS_CLUSTER_NODES must be given"])
  if (REDIS_SENTINELS !== undefined && REDIS_SENTINEL_MASTER === undefined)
    throw new ConfigurationError(["REDIS_SENTINELS needs REDIS_SENTINEL_MASTER, the name of the master they watch"])
}

/** One line when an outage begins and one when it ends, however many attempts lie between. Closing on purpose is no outage. */
function logStateChanges(redis: RedisConnection, log: Logger): void {
  let state: "starting" | "up" | "down" = "starting"
  redis.on("ready", () => {
    if (state !== "up") log.info(state === "down" ? "Redis answers again" : "Redis is connected")
    state = "up"
  })
  const down = (error: unknown) => {
    if (state !== "down")
      log.error(error instanceof Error ? { err: error } : {}, "Redis cannot be reached; trying until it can")
    state = "down"
  }
  redis.on("error", down)
  redis.on("reconnecting", down) // a connection may be lost without an error
}

/** With `DEBUG=*`, which asks us for more log, ioredis would print every command with its arguments, AUTH included. */
function keepCommandsOutOfDebugOutput(): void {
  const ioredis = createRequire(import.meta.url).resolve("ioredis")
  const debug = createRequire(ioredis)("debug") as { disable(): string; enable(names: string): void }
  const enabled = debug.disable()
  if (enabled !== "") debug.enable(`${enabled},-ioredis:*`)
}

/**
 * A connection of its own for reads that block (XREAD BLOCK), which would hold up everybody else's commands.
 * @param blockMs how long a read may block
 */
export function connectForBlockingReads(redis: RedisConnection, blockMs: number): RedisConnection {
  const connection = duplicateFor(redis, blockMs)
  connection.on("error", () => {}) // the main connection logs the outage; without a listener ioredis prints it
  return connection
}

/** @throws Error unless every primary answers */
export async function pingRedis(redis: RedisConnection): Promise<void> {
  const primaries = redis instanceof BoundedCluster ? redis.nodes("master") : [redis]
  if (primaries.length === 0) throw new Error("no node of the cluster is known")
  await Promise.all(primaries.map((primary) => primary.ping()))
}

/** Lets commands in flight finish, and stops trying to reconnect. */
export async function closeRedis(redis: RedisConnection): Promise<void> {
  await redis.quit().catch(() => undefined) // a Redis that is down has nothing to finish
  redis.disconnect()
}
