/** What is measured of Redis: how long commands take, how they fail, and whether there is anybody to ask. */
import type { CommandObserver } from "../bounded-redis.ts"
import type { RedisConnection } from "../redis-options.ts"
import type { Metrics } from "./metrics.ts"

export interface RedisMetrics extends CommandObserver {
  /** Says from now on whether this connection is up. */
  watch(redis: RedisConnection): void
}

/** What the services send; the handshake of a connection is none of it. */
const COMMANDS = ["del", "eval", "evalsha", "get", "mget", "ping", "set", "zscan"]
const HANDSHAKE = new Set(["auth", "client", "cluster", "hello", "info", "quit", "readonly", "select"])

const KINDS = ["timeout", "connection", "queue_full", "auth", "read_only", "memory_full", "loading", "cluster"] as const
type Kind = (typeof KINDS)[number]

const BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/** Declares `PREFIX_redis_…`. */
export function createRedisMetrics(metrics: Metrics, prefix: string): RedisMetrics {
  const durations = metrics.histogram({
    name: `${prefix}_redis_command_duration_seconds`,
    help: "From asking Redis to its answer or the failure, waiting for a connection included, by command.",
    labels: { command: [...COMMANDS, "other"] },
    buckets: BUCKETS_SECONDS,
    zero: [],
  })
  const errors = metrics.counter({
    name: `${prefix}_redis_errors_total`,
    help: "Commands that Redis did not carry out, by what was in the way.",
    labels: { kind: [...KINDS, "other"] },
  })
  const watched: RedisConnection[] = []
  let lost = false
  metrics.gauge(
    {
      name: `${prefix}_redis_up`,
      help: "1 while Redis is connected and the last command was not lost on the way; 0 otherwise.",
      labels: {},
    },
    () => watched.map((redis) => [{}, redis.status === "ready" && !lost ? 1 : 0] as const),
  )
  return {
    watch: (redis) => void watched.push(redis),
    settled: (command, startedMs, error) => {
      const kind = error === undefined ? undefined : kindOf(error)
      if (HANDSHAKE.has(command)) {
        // One that fails is of a connection that did not come about, and may run into its time-out when the next one stands.
        if (error === undefined) lost = false
        // An ACL may well forbid the rest of it, which does no harm.
        if (kind === "auth" && (command === "auth" || command === "hello")) errors.add({ kind })
        return
      }
      lost = kind === "timeout" || kind === "connection" || kind === "queue_full"
      durations.observe({ command: command as "other" }, (performance.now() - startedMs) / 1000)
      if (kind !== undefined) errors.add({ kind })
    },
  }
}

/** By the first words of the messages of Redis and of ioredis. Undefined for what is no failure. */
const patterns: readonly (readonly [RegExp, Kind | undefined])[] = [
  [/^NOSCRIPT/, undefined], // the script is sent next
  [/^Command timed out/, "timeout"],
  [
    /^(Connection is closed|Stream isn't writeable|Reached the max retries|Socket timeout|connect E|read E|write E)/,
    "connection",
  ],
  [/^too many commands wait/, "queue_full"],
  [/^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH)/, "auth"],
  [/^READONLY/, "read_only"],
  [/^(-?OOM|MISCONF)/, "memory_full"],
  [/^LOADING/, "loading"],
  [/^(CLUSTERDOWN|MOVED|ASK|TRYAGAIN|CROSSSLOT|Too many Cluster|ClusterAllFailed|Failed to refresh slots)/, "cluster"],
]

function kindOf(error: unknown): Kind | "other" | undefined {
  const { message = "", name = "" } = error instanceof Error ? error : {}
  const found = patterns.find(([pattern]) => pattern.test(message) || pattern.test(name))
  return found ? found[1] : "other"
}
