/** One command to a Redis process of any kind, on a connection of its own. */
import { Redis } from "ioredis"

/** @throws Error at once when nobody listens, or Redis refuses the command */
export async function askRedis(port: number, command: string, ...args: string[]): Promise<string> {
  const bounds = { connectTimeout: 1_000, commandTimeout: 1_000, retryStrategy: null, enableOfflineQueue: false }
  const redis = new Redis({ host: "127.0.0.1", port, lazyConnect: true, enableReadyCheck: false, ...bounds })
  redis.on("error", () => {}) // the command fails with it
  try {
    await redis.connect()
    return String(await redis.call(command, ...args))
  } finally {
    redis.disconnect()
  }
}
