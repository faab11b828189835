/** Counting requests in a window: in memory, in Redis, and in memory while Redis is down. */
import type { FastifyBaseLogger } from "fastify"
import type { RedisConnection } from "./redis-options.ts"

/** Counts one more under a key, and tells how many there are. The window's number is part of the key. */
export type Count = (one: { key: string; window: number; log: FastifyBaseLogger }) => Promise<number>

const MAX_KEYS = 50_000

/** At most 50,000 callers are remembered; the oldest is forgotten first. */
export function countInMemory(): Count {
  const counts = new Map<string, number>()
  let current = 0
  return async ({ key, window }) => {
    if (window !== current) counts.clear()
    current = window
    const used = (counts.get(key) ?? 0) + 1
    counts.delete(key)
    counts.set(key, used)
    const oldest = counts.size > MAX_KEYS ? counts.keys().next() : undefined
    if (oldest && !oldest.done) counts.delete(oldest.value)
    return used
  }
}

// One step, so that no counter is left without an expiry. Two minutes: clocks of replicas differ.
const increment = `local used = redis.call("INCR", KEYS[1])
if used == 1 then redis.call("PEXPIRE", KEYS[1], 120000) end
return used`

/** Throws when Redis does not answer within a quarter of a second: a limit is not worth a wait. */
export function countInRedis(redis: RedisConnection): Count {
  return async ({ key }) => {
    const { promise: tooLate, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new Error("no answer in time")), 250)
    try {
      return Number(await Promise.race([redis.eval(increment, 1, key), tooLate]))
    } finally {
      clearTimeout(timer)
    }
  }
}

/** After a failure the first choice is left alone for a second, so that an outage does not slow every request. */
export function withFallback(first: Count, second: Count, now: () => number): Count {
  let retryAt = 0
  let reportAt = 0
  let missed = 0
  return async (one) => {
    if (now() >= retryAt) {
      try {
        return await first(one)
      } catch {
        retryAt = now() + 1
      }
    }
    missed++
    if (now() >= reportAt) {
      one.log.warn({ requests: missed }, "rate limits are counted by each replica alone: Redis cannot be reached")
      reportAt = now() + 60
      missed = 0
    }
    return second(one)
  }
}
