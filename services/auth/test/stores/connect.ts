/** Redis stores as the service opens them: its own connection with its bounds, and a log to look into. */
import {
  connectRedis,
  createLogger,
  type RedisConnection,
  type RedisSettings,
  readSettings,
  redisSettings,
} from "@gatehouse/service-kit"
import type { StoreLog } from "../../src/stores/redis/commands.ts"
import { createRedisStores } from "../../src/stores/redis/index.ts"
import type { OpenedStores } from "./contract.ts"

const quiet = createLogger({ name: "test", level: "silent" })

export const connect = (settings: Partial<RedisSettings>): RedisConnection =>
  connectRedis({ ...readSettings(redisSettings, {}), ...settings }, quiet)

/** Two replicas, each with a connection of its own. */
export function openReplicas(settings: Partial<RedisSettings>, now: () => number, log?: StoreLog): OpenedStores {
  const open = () => createRedisStores({ redis: connect(settings), keyPrefix: "gatehouse:", now, ...(log && { log }) })
  const replicas = [open(), open()] as const
  return {
    replicas,
    close: async () => {
      for (const stores of replicas) await stores.close()
    },
  }
}
