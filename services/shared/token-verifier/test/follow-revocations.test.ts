/** Following the stream of revocations on a real Redis: nothing lost over a reconnect, and a gap said where something may be. */
import type { RevocationEvent } from "@gatehouse/oauth"
import { type RedisServer, startRedis } from "@gatehouse/test-kit"
import { Redis } from "ioredis"
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { type FollowOptions, followRevocations } from "../src/revocation/follow-revocations.ts"
import { json } from "./authorization-server.ts"
import { activeToken, startVerifier } from "./setting.ts"

const STREAM = "p:auth:revocations"
let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

const connect = () => {
  const redis = new Redis({ port: server.port, host: "127.0.0.1", maxRetriesPerRequest: 1, retryStrategy: () => 20 })
  redis.on("error", () => {})
  onTestFinished(() => redis.disconnect())
  return redis
}
const publish = (redis: Redis, event: object, id = "*") =>
  redis.xadd(STREAM, id, ...Object.entries({ ...event, at: "1800000000" }).flat())
const grant = (grantId: string): RevocationEvent => ({ kind: "grant", grantId })
const secondsAgo = (seconds: number) => `${Date.now() - seconds * 1000}-0`

async function follow(options: Partial<FollowOptions> = {}) {
  const stream = connect()
  const follower = followRevocations({ stream, keyPrefix: "p:", retryMs: 10, ...options })
  onTestFinished(() => follower.close())
  const heard: RevocationEvent[] = []
  const ids: (string | undefined)[] = []
  const gaps: (string | undefined)[] = []
  follower.subscribe(
    (event, id) => {
      heard.push(event)
      ids.push(id)
    },
    (id) => gaps.push(id),
  )
  await expect.poll(() => follower.position()).toBeDefined()
  return { stream, follower, heard, ids, gaps }
}

describe("OAuth revocations followed on Redis", () => {
  beforeEach(async () => {
    await connect().del(STREAM)
  })

  it("hears every kind, in order, with its place in the stream", async () => {
    const redis = connect()
    const { follower, heard, ids, gaps } = await follow()
    const published: (string | null)[] = []
    const events: RevocationEvent[] = [
      { kind: "token", grantId: "g", jti: "j" },
      { kind: "grant", grantId: "g" },
      { kind: "subject", subject: "demo|alice" },
      { kind: "client", clientId: "c" },
    ]
    for (const event of events) published.push(await publish(redis, event))
    await expect.poll(() => heard).toEqual(events)
    expect(ids).toEqual(published)
    expect(follower.position()).toBe(published.at(-1))
    expect(gaps).toEqual([])
  })

  it("begins with what was revoked lately, and not with what no answer can be older than", async () => {
    const redis = connect()
    const before = await publish(redis, grant("long ago"), secondsAgo(400))
    await publish(redis, grant("lately"), secondsAgo(290))
    const { follower, heard, gaps } = await follow()
    expect(heard).toEqual([grant("lately")])
    expect(gaps).toEqual([])
    const { follower: another, heard: heardByAnother } = await follow({ memorySeconds: 30 })
    expect(heardByAnother).toEqual([])
    expect(another.position()).toBe(follower.position())
    await redis.xtrim(STREAM, "MAXLEN", 1)
    const { follower: last } = await follow({ memorySeconds: 600 })
    expect(last.position()).toBe(follower.position())
    expect(before).not.toBe(last.position())
  })

  it("begins with more than one reading brings, and says where it is only when it has read them all", async () => {
    const redis = connect()
    const start = Date.now() - 5000
    await Promise.all(Array.from({ length: 2500 }, (_, i) => publish(redis, grant(`g${i}`), `${start}-${i + 1}`)))
    const follower = followRevocations({ stream: connect(), keyPrefix: "p:" })
    onTestFinished(() => follower.close())
    const positions: (string | undefined)[] = []
    follower.subscribe(() => positions.push(follower.position()))
    await expect.poll(() => follower.position()).toBe(`${start}-2500`)
    expect(positions).toHaveLength(2500)
    expect(new Set(positions)).toEqual(new Set([undefined]))
  })

  it("says gap when it could begin so late that the stream may not hold any more what happened since it was created", async () => {
    let uptime = 1000
    server.pause()
    onTestFinished(server.resume)
    const follower = followRevocations({ stream: connect(), keyPrefix: "p:", uptime: () => uptime })
    onTestFinished(() => follower.close())
    let gaps = 0
    follower.subscribe(
      () => {},
      () => void gaps++,
    )
    uptime += 301
    server.resume()
    await expect.poll(() => follower.position()).toBeDefined()
    expect(gaps).toBe(1)
  })

  it("tells whoever subscribes later of a gap: what came before was not told to it", async () => {
    const redis = connect()
    await publish(redis, grant("before"))
    const { follower } = await follow()
    const gaps: (string | undefined)[] = []
    follower.subscribe(
      () => {},
      (id) => gaps.push(id),
    )
    expect(gaps).toEqual([follower.position()])
  })

  it("says how long revocations took to arrive, what was there at the beginning left out", async () => {
    const redis = connect()
    await publish(redis, grant("before"), secondsAgo(100))
    const told: number[] = []
    let now = Date.now() / 1000
    const { follower, heard } = await follow({ now: () => now, onLag: (seconds) => told.push(seconds) })
    expect(follower.health().lagSeconds).toEqual({ last: null, max: null })
    const start = Date.now()
    for (const [i, lag] of [0.25, 2, 0.5, -3].entries()) {
      now = (start + i) / 1000 + lag
      await publish(redis, grant(`g${i}`), `${start + i}-0`)
      await expect.poll(() => heard).toHaveLength(i + 2)
    }
    expect(told.map((seconds) => Math.round(seconds * 1000))).toEqual([250, 2000, 500, 0])
    expect(follower.health().lagSeconds).toEqual({ last: 0, max: told[1] })
  })

  it("does not say where it is while Redis stands still", async () => {
    let uptime = 1000
    const { follower } = await follow({ blockMs: 50, uptime: () => uptime })
    server.pause()
    onTestFinished(server.resume)
    uptime += 3
    expect(follower.position()).toBeUndefined()
    server.resume()
    await expect.poll(() => follower.position()).toBeDefined()
  })

  it("begins on a stream that does not exist yet", async () => {
    const { heard } = await follow()
    await publish(connect(), grant("first"))
    await expect.poll(() => heard).toEqual([grant("first")])
  })

  it("hears a burst completely", async () => {
    const redis = connect()
    const { heard } = await follow()
    const events = Array.from({ length: 2500 }, (_, i) => grant(`g${i}`))
    await Promise.all(events.map((event) => publish(redis, event)))
    await expect.poll(() => heard.length, { timeout: 5000 }).toBe(2500)
    expect(heard).toEqual(events)
  })

  it("takes a kind it does not know for a gap: it may be about anything", async () => {
    const redis = connect()
    const { heard, gaps } = await follow()
    await publish(redis, { kind: "everything" })
    await publish(redis, { kind: "grant" })
    await publish(redis, grant("g"))
    await expect.poll(() => heard).toEqual([grant("g")])
    expect(gaps).toHaveLength(2)
  })

  it("K15 loses nothing when its connection is cut: what happened meanwhile is heard, without a gap", async () => {
    const redis = connect()
    const { stream, heard, gaps } = await follow()
    await publish(redis, grant("before"))
    await expect.poll(() => heard).toHaveLength(1)
    const back = new Promise((resolve) => stream.once("ready", resolve))
    await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    await publish(redis, grant("meanwhile"))
    await back
    await publish(redis, grant("after"))
    await expect.poll(() => heard).toEqual([grant("before"), grant("meanwhile"), grant("after")])
    expect(gaps).toEqual([])
  })

  it("K15 does not say where it is on a new connection before it has read what happened meanwhile", async () => {
    const { stream, follower } = await follow()
    stream.emit("ready")
    expect(follower.position()).toBeUndefined()
    await expect.poll(() => follower.position()).toBeDefined()
  })

  it("K15 resumes over a restart of Redis that keeps its data, without a gap", async () => {
    const { follower, heard, gaps } = await follow()
    await publish(connect(), grant("before"))
    await expect.poll(() => heard).toHaveLength(1)
    await server.kill()
    await expect.poll(() => follower.health().following, { timeout: 5000 }).toBe(false)
    await server.restart()
    await publish(connect(), grant("after"))
    await expect.poll(() => heard, { timeout: 5000 }).toEqual([grant("before"), grant("after")])
    expect(gaps).toEqual([])
  })

  it("K15 says gap after a restart of Redis that lost its data, and goes on", async () => {
    const { heard, gaps } = await follow()
    await publish(connect(), grant("before"))
    await expect.poll(() => heard).toHaveLength(1)
    await server.restart({ empty: true })
    await expect.poll(() => gaps, { timeout: 5000 }).toHaveLength(1)
    await publish(connect(), grant("after"))
    await expect.poll(() => heard, { timeout: 5000 }).toEqual([grant("before"), grant("after")])
  })

  it("K15 says gap when the stream was trimmed past its place while it was away", async () => {
    const redis = connect()
    const { stream, heard, gaps } = await follow()
    await publish(redis, grant("before"))
    await expect.poll(() => heard).toHaveLength(1)
    stream.disconnect()
    await publish(redis, grant("missed"))
    await redis.xtrim(STREAM, "MAXLEN", 0)
    await publish(redis, grant("present"))
    await stream.connect()
    await expect.poll(() => gaps, { timeout: 5000 }).toHaveLength(1)
    await publish(redis, grant("after"))
    await expect.poll(() => heard.at(-1), { timeout: 5000 }).toEqual(grant("after"))
  })

  it("a Redis that stands still and goes on: everything is heard", async () => {
    const redis = connect()
    const { heard } = await follow({ blockMs: 50 })
    server.pause()
    const published = publish(redis, grant("g"))
    setTimeout(server.resume, 300)
    await published
    await expect.poll(() => heard).toEqual([grant("g")])
  })

  it("hears nothing more once it is closed", async () => {
    const redis = connect()
    const { follower, stream, heard } = await follow()
    const { heard: heardByAnother } = await follow()
    const listeners = stream.listenerCount("ready")
    follower.close()
    await publish(redis, grant("g"))
    await publish(redis, grant("h"))
    await expect.poll(() => heardByAnother).toHaveLength(2)
    expect(heard).toEqual([])
    expect(stream.listenerCount("ready")).toBe(listeners - 1)
  })

  it("K3 refuses a cached token within 100 ms of its revocation", async () => {
    const redis = connect()
    const { follower } = await follow()
    const { server: authorizationServer, verifier } = await startVerifier({ revocations: follower })
    const slowest: number[] = []
    for (let i = 0; i < 20; i++) {
      const token = activeToken(authorizationServer.issuer, { grant_id: `g${i}`, jti: `j${i}` })
      authorizationServer.behaviour = json(token)
      expect(await verifier.verifyToken(`t${i}`)).toMatchObject({ outcome: "valid" })
      authorizationServer.behaviour = json({ active: false })
      await publish(redis, grant(`g${i}`))
      const began = performance.now()
      while ((await verifier.verifyToken(`t${i}`)).outcome === "valid") await new Promise(setImmediate)
      slowest.push(performance.now() - began)
    }
    expect(Math.max(...slowest)).toBeLessThan(100)
  })
})
