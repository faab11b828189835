/** Rate limits: a hook a route, counting in fixed windows of a minute, shared by all replicas through Redis or kept in memory. */
import { createHash } from "node:crypto"
import { isIP } from "node:net"
import { normalizeIP } from "@fastify/rate-limit"
import type { FastifyReply, FastifyRequest } from "fastify"
import { type Count, countInMemory, countInRedis, withFallback } from "./rate-counter.ts"
import type { RedisConnection } from "./redis-options.ts"

const WINDOW_SECONDS = 60

export interface RateLimitOptions {
  requestsPerMinute: number | "off"
  /** Counts together with every other replica. While it is down each replica counts for itself, and the log says so once a minute. */
  redis?: RedisConnection
  /** Put before the counter's key: the installation's prefix and the service's family, such as `auth:`. */
  keyPrefix?: string
  /** Tells this limit's counters from others. */
  name: string
  /** Who is counted; the peer, when absent. */
  keyOf?: (request: FastifyRequest) => string
  /** Seconds since 1970. */
  now?: () => number
}

export type RateLimitHook = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>

/** Creates an onRequest or preHandler hook that answers 429 with `Retry-After` when the window is spent. */
export function limitRate(options: RateLimitOptions): RateLimitHook {
  const { requestsPerMinute, redis, keyPrefix = "", name, keyOf = peerOf, now = () => Date.now() / 1000 } = options
  if (requestsPerMinute === "off") return async () => undefined
  const inMemory = countInMemory()
  const count: Count = redis ? withFallback(countInRedis(redis), inMemory, now) : inMemory
  return async (request, reply) => {
    const time = now()
    const window = Math.floor(time / WINDOW_SECONDS)
    // Hashed: a key has one length whatever was sent, and Redis learns no addresses.
    const who = createHash("sha256").update(keyOf(request)).digest("base64url")
    const used = await count({ key: `${keyPrefix}limit:${name}:${who}:${window}`, window, log: request.log })
    if (used <= requestsPerMinute) return undefined
    const wait = Math.max(1, Math.ceil((window + 1) * WINDOW_SECONDS - time))
    return reply
      .code(429)
      .header("retry-after", String(wait))
      .send({ error: "too_many_requests", error_description: `Too many requests: try again in ${wait} seconds` })
  }
}

/** The socket's address, or what a trusted proxy says. An IPv6 network (/64) is one peer: its owner has all its addresses. */
export const peerOf = (request: FastifyRequest): string => (isIP(request.ip) ? normalizeIP(request.ip) : "unknown")
