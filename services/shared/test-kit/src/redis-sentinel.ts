/** A Redis master watched by one Sentinel. */
import { onFreePort } from "./free-port.ts"
import { type RedisServer, startRedis } from "./redis.ts"
import { startRedisProcess } from "./redis-process.ts"

export interface RedisSentinel {
  /** As `REDIS_SENTINELS` and ioredis want them. */
  sentinels: { host: string; port: number }[]
  masterName: string
  master: RedisServer
  stop(): Promise<void>
}

/**
 * @param config more lines of sentinel.conf, about the master `gatehouse`
 * @throws Error when redis-server is missing or does not answer
 */
export async function startRedisSentinel({ config = "" }: { config?: string } = {}): Promise<RedisSentinel> {
  const masterName = "gatehouse"
  const master = await startRedis()
  const watching = `sentinel monitor ${masterName} 127.0.0.1 ${master.port} 1\n${config}`
  const sentinel = await onFreePort((port) => startRedisProcess(port, watching, ["--sentinel"])).catch(
    async (error) => {
      await master.stop()
      throw error
    },
  )
  return {
    sentinels: [{ host: "127.0.0.1", port: sentinel.port }],
    masterName,
    master,
    stop: async () => {
      await sentinel.stop()
      await master.stop()
    },
  }
}
