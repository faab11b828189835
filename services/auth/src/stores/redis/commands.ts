/** Commands to Redis: what fails is `temporarily_unavailable`, in this one place. What it retries must bear being done twice. */
import { unavailable } from "@gatehouse/oauth"
import { Cluster, type Redis } from "ioredis"
import type { Script } from "./script.ts"

export type RedisConnection = Redis | Cluster

/** What is worth an operator's look; a pino logger fits. */
export interface StoreLog {
  warn(details: object, message: string): void
}

export type Commands = ReturnType<typeof createCommands>

export function createCommands(redis: RedisConnection, log?: StoreLog) {
  return {
    /** Undefined also for a key of another type, which is logged. */
    async get(key: string): Promise<string | undefined> {
      try {
        return (await redis.get(key)) ?? undefined
      } catch (error) {
        if (!isReply(error, "WRONGTYPE")) throw failed(error)
        log?.warn({ key }, "a key holds another type: read as not found")
        return undefined
      }
    },
    /** In one round trip, from one slot. */
    getAll: (...keys: string[]) => asked(() => redis.mget(...keys)),
    set: (key: string, value: string, ttlMs: number) => asked(() => redis.set(key, value, "PX", ttlMs)),
    delete: (key: string) => asked(() => redis.del(key)),
    scanIndex: (key: string, cursor: string, count: number) => asked(() => redis.zscan(key, cursor, "COUNT", count)),
    run: (script: Script, keys: readonly string[], args: readonly (string | number)[]) =>
      asked(() => runScript(redis, script, keys, args)),
    ping: () => asked(() => Promise.all(primariesOf(redis).map((primary) => primary.ping()))),
    /** Of each primary; undefined where the ACL forbids to ask. */
    memoryInfo: () => asked(() => Promise.all(primariesOf(redis).map(memoryInfoOf))),
    async close(): Promise<void> {
      await redis.quit().catch(() => undefined) // a Redis that is down has nothing to finish
      redis.disconnect()
    },
  }
}

async function asked<T>(command: () => Promise<T>): Promise<T> {
  try {
    return await command()
  } catch (error) {
    throw failed(error)
  }
}

/** Connection lost, timed out, READONLY after a failover, out of memory: nothing was learned about the caller. */
function failed(error: unknown) {
  // ioredis attaches the command with its arguments, which no log should have.
  if (error instanceof Error) Reflect.deleteProperty(error, "command")
  return unavailable("the store does not answer", error)
}

const isReply = (error: unknown, code: string): boolean => error instanceof Error && error.message.startsWith(code)

/** By digest; with its text where Redis does not know it: the first time, after a failover or SCRIPT FLUSH. */
async function runScript(
  redis: RedisConnection,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha1, keys.length, ...keys, ...args)
  } catch (error) {
    if (!isReply(error, "NOSCRIPT")) throw error
    return redis.eval(script.lua, keys.length, ...keys, ...args)
  }
}

function primariesOf(redis: RedisConnection): Redis[] {
  if (!(redis instanceof Cluster)) return [redis]
  const primaries = redis.nodes("master")
  if (primaries.length === 0) throw new Error("no node of the cluster is known")
  return primaries
}

async function memoryInfoOf(primary: Redis): Promise<string | undefined> {
  try {
    return await primary.info("memory")
  } catch (error) {
    if (isReply(error, "NOPERM") || isReply(error, "ERR")) return undefined
    throw error
  }
}
