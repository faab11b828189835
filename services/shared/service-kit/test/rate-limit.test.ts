import { type RedisServer, sendRaw, startRedis } from "@gatehouse/test-kit"
import type { FastifyInstance } from "fastify"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  connectRedis,
  createApp,
  limitRate,
  type RateLimitOptions,
  type RedisConnection,
  readSettings,
  redisSettings,
} from "../src/index.ts"
import { recordedLog } from "./log-lines.ts"
import { listening, requestText, statusOf } from "./request-text.ts"

const apps: FastifyInstance[] = []
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

async function start(options: Partial<RateLimitOptions>, trustedProxies: string[] = []) {
  const { log, entries } = recordedLog()
  const app = createApp({ log, trustedProxies })
  apps.push(app)
  const clock = { time: 1_000_000_060 }
  const limit = limitRate({ requestsPerMinute: 3, name: "register", now: () => clock.time, ...options })
  app.get("/", { onRequest: limit }, async () => ({ ok: true }))
  const port = await listening(app)
  const ask = (headers: string[] = []) => sendRaw(port, requestText("/", { headers }))
  const askTimes = async (times: number, headers?: string[]) => {
    const statuses = []
    for (let i = 0; i < times; i++) statuses.push(statusOf(await ask(headers)))
    return statuses
  }
  return { app, clock, ask, askTimes, entries }
}

describe("OAuth services: rate limits in memory", () => {
  it("R18 answers 429 with Retry-After when the window is spent, and serves in the next one", async () => {
    const { clock, ask, askTimes } = await start({})
    expect(await askTimes(4)).toEqual([200, 200, 200, 429])
    const refused = await ask()
    expect(refused).toMatch(/^retry-after: 20\r$/m) // 1,000,000,080 is the next whole minute
    expect(refused).toContain(
      '{"error":"too_many_requests","error_description":"Too many requests: try again in 20 seconds"}',
    )
    clock.time += 20
    expect(statusOf(await ask())).toBe(200)
  })

  it("R18 X8 counts a peer by its socket, whatever X-Forwarded-For it rotates", async () => {
    const { ask } = await start({})
    const statuses = []
    for (let i = 0; i < 5; i++)
      statuses.push(statusOf(await ask([`X-Forwarded-For: 203.0.113.${i}`, `Forwarded: for=203.0.113.${i}`])))
    expect(statuses).toEqual([200, 200, 200, 429, 429])
  })

  it("X8 counts peers apart behind a trusted proxy, and an IPv6 network as one", async () => {
    const { ask, askTimes } = await start({}, ["127.0.0.1"])
    expect(await askTimes(4, ["X-Forwarded-For: 203.0.113.1"])).toEqual([200, 200, 200, 429])
    expect(statusOf(await ask(["X-Forwarded-For: 203.0.113.2"]))).toBe(200)
    const statuses = []
    for (let i = 1; i < 5; i++) statuses.push(statusOf(await ask([`X-Forwarded-For: 2001:db8::${i}`])))
    expect(statuses).toEqual([200, 200, 200, 429])
  })

  it("counts by client where a route says so", async () => {
    const { ask, askTimes } = await start({ keyOf: (request) => String(request.headers["x-client"]) })
    expect(await askTimes(4, ["X-Client: a"])).toEqual([200, 200, 200, 429])
    expect(statusOf(await ask(["X-Client: b"]))).toBe(200)
  })

  it("can be off", async () => {
    const { askTimes } = await start({ requestsPerMinute: "off" })
    expect(new Set(await askTimes(10))).toEqual(new Set([200]))
  })
})

describe("OAuth services: rate limits in Redis", () => {
  let server: RedisServer
  let redis: RedisConnection
  beforeEach(async () => {
    server = await startRedis()
    redis = connectRedis(readSettings(redisSettings, { REDIS_URL: server.url }), recordedLog().log)
  })
  afterEach(async () => {
    redis.disconnect()
    await server.stop()
  })

  it("R18 counts for all replicas together, in keys that expire and name nobody", async () => {
    const replicas = await Promise.all([start({ redis, keyPrefix: "auth:" }), start({ redis, keyPrefix: "auth:" })])
    const statuses = []
    for (let i = 0; i < 6; i++) statuses.push(statusOf((await replicas[i % 2]?.ask()) ?? ""))
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429])
    const keys = await redis.keys("*")
    expect(keys).toEqual([expect.stringMatching(/^auth:limit:register:[\w-]{43}:\d+$/)])
    expect(await redis.pttl(keys[0] ?? "")).toBeGreaterThan(60_000)
  })

  it("counts exactly when fifty ask at once", async () => {
    const { ask } = await start({ redis, requestsPerMinute: 20 })
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask()))
    expect(answers.filter((answer) => statusOf(answer) === 200)).toHaveLength(20)
  })

  it.each(["kill", "pause"] as const)(
    "X8 serves while Redis is down (%s), each replica counting alone, and says so once",
    async (fault) => {
      const { askTimes, entries, clock } = await start({ redis })
      expect(await askTimes(1)).toEqual([200])
      await server[fault]()
      const begun = Date.now()
      expect(await askTimes(5)).toEqual([200, 200, 200, 429, 429])
      expect(Date.now() - begun).toBeLessThan(1_000)
      expect(entries().filter(({ level }) => level === "warn")).toHaveLength(1)
      clock.time += 61
      await askTimes(1)
      expect(
        entries()
          .filter(({ level }) => level === "warn")
          .map(({ requests }) => requests),
      ).toEqual([1, 5])
    },
  )
})
