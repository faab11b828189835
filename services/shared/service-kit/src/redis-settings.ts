/** How to reach Redis: one address, or Sentinels, or the nodes of a Cluster. */
import { contentOf, flag, hostsAndPorts, redisUrl, text } from "./parsers.ts"
import type { Settings, ValuesOf } from "./settings.ts"

export const redisSettings = {
  REDIS_URL: {
    parse: redisUrl,
    secret: true,
    meaning: "redis://[user:password@]host:port[/db]; rediss:// for TLS",
  },
  REDIS_KEY_PREFIX: {
    parse: text,
    default: "",
    meaning: "put before every key, where several installations share one Redis",
  },
  REDIS_SENTINELS: { parse: hostsAndPorts, meaning: "host:port of the Sentinels, between commas" },
  REDIS_SENTINEL_MASTER: { parse: text, meaning: "name of the master that the Sentinels watch" },
  REDIS_SENTINEL_PASSWORD: { parse: text, secret: true, meaning: "password of the Sentinels, if they have one" },
  REDIS_CLUSTER_NODES: { parse: hostsAndPorts, meaning: "host:port of some nodes of a Cluster, between commas" },
  REDIS_TLS: { parse: flag, default: false, meaning: "speak TLS to Sentinels and nodes" },
  REDIS_TLS_CA_FILE: { parse: contentOf, meaning: "file of the CA certificates that sign Redis's" },
  REDIS_USERNAME: { parse: text, meaning: "ACL user" },
  REDIS_PASSWORD: { parse: text, secret: true, meaning: "password of the ACL user, or of Redis" },
} satisfies Settings

export type RedisSettings = ValuesOf<typeof redisSettings>

/** Whether any way to reach Redis is given. */
export const redisConfigured = (values: RedisSettings): boolean =>
  values.REDIS_URL !== undefined || values.REDIS_SENTINELS !== undefined || values.REDIS_CLUSTER_NODES !== undefined
