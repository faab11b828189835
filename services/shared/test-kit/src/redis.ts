/** One Redis, as a test wants it: real, its own, and able to fail. */
import { onFreePort } from "./free-port.ts"
import { type RedisProcess, startRedisProcess } from "./redis-process.ts"

export interface RedisServer extends RedisProcess {
  url: string
}

// Written before each reply, so that a kill loses nothing that was answered; `everysec` lets a write wait for a slow disk.
const persistent = "appendonly yes\nappendfsync no\nmaxmemory-policy noeviction"

/**
 * Starts a standalone Redis on loopback that keeps its data over `kill()` and `restart()`.
 * @param config more lines of redis.conf, which win over ours
 */
export async function startRedis({ config = "" }: { config?: string } = {}): Promise<RedisServer> {
  const redis = await onFreePort((port) => startRedisProcess(port, `${persistent}\n${config}`))
  return { ...redis, url: `redis://127.0.0.1:${redis.port}` }
}
