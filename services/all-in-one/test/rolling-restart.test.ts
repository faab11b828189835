/** A rolling restart, as a cluster does it: real processes, real load, a load balancer that asks /readyz. */
import { setTimeout as pause } from "node:timers/promises"
import { createFaultProxy } from "@gatehouse/test-kit"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { envelope, openSession, rpcOf, sendModern } from "../../mcp/test/messages.ts"
import { openGet, openListen, openPost, openSessionCall } from "../../mcp/test/streams.ts"
import type { Backend } from "./balancer.ts"
import { untilReady } from "./processes.ts"
import { type Cluster, endBySignal, startCluster, startLoad } from "./replicas.ts"

const DELAY_SECONDS = 1
/** What may pass from SIGTERM to exit, with room for a machine that has other things to do. */
const GRACE_MS = DELAY_SECONDS * 1000 + 3_000
/** The same while what it depends on hangs: what it waits for has bounds of its own. */
const HUNG_GRACE_MS = 10_000

const statusOf = ({ managementPort }: Backend, path: string) =>
  fetch(`http://127.0.0.1:${managementPort}${path}`).then(
    ({ status }) => status,
    () => 0,
  )

describe("OAuth services in a rolling restart", () => {
  let cluster: Cluster
  let token: string

  beforeAll(async () => {
    cluster = await startCluster({ SHUTDOWN_DELAY_SECONDS: String(DELAY_SECONDS) })
    token = await cluster.requestToken()
  })
  afterAll(() => cluster.stop())

  it("Z9 no request fails while every replica is restarted, one after the other", async () => {
    const tokens = [token]
    const anyToken = () => tokens[Math.floor(Math.random() * tokens.length)] ?? token
    const load = startLoad({
      "tools/call": { everyMs: 25, request: () => cluster.call(anyToken()) },
      "/token": { everyMs: 100, request: async () => tokens.push(await cluster.requestToken()) },
      "/introspect": { everyMs: 50, request: () => cluster.introspect(anyToken()) },
    })
    const times: number[] = []
    for (const { replicas, balancer } of [cluster.mcp, cluster.auth])
      for (const replica of replicas) {
        await balancer.untilAllReady()
        const { code, ms } = await endBySignal(replica.running)
        expect([replica.name, code]).toEqual([replica.name, 0])
        times.push(ms)
        await replica.start()
      }
    await load.stop()
    expect(load.failures).toEqual([])
    expect(load.answered["tools/call"]).toBeGreaterThan(100)
    expect(load.answered["/token"]).toBeGreaterThan(25)
    expect(load.answered["/introspect"]).toBeGreaterThan(50)
    expect(Math.max(...times)).toBeLessThan(GRACE_MS)
  }, 60_000)

  it("Z9 open streams end with their result, and a call that is under way is answered", async () => {
    const { replicas, balancer } = cluster.mcp
    await balancer.untilAllReady()
    const url = `${balancer.url}/mcp`
    const call = async () => {
      const params = { name: "longRunningOperation", arguments: { duration: 3, steps: 6 } }
      const answer = await sendModern(url, { token, method: "tools/call", params })
      return JSON.stringify((await rpcOf(answer)).result)
    }
    const listen = (id: string) => openListen(url, token, { resourceSubscriptions: ["demo://clock"] }, id)
    const listens = await Promise.all([listen("a"), listen("b")]) // one at each
    const calls = [call(), call()]
    await pause(300) // they arrive
    const ended = await Promise.all(replicas.map(({ running }) => endBySignal(running)))
    for (const answer of await Promise.all(calls)) expect(answer).toContain("Done, in 3 seconds")
    await Promise.all(listens.map((stream) => stream.ended)) // by an end, not by a reset
    for (const stream of listens) expect(stream.text()).toContain('"result":{"resultType":"complete"')
    for (const { code, ms } of ended) {
      expect(code).toBe(0)
      expect(ms).toBeLessThan(3_000 + 2_000)
    }
    await Promise.all(replicas.map((replica) => replica.start()))
  }, 30_000)

  it("Z9 a call whose answer has begun is answered whole", async () => {
    const { replicas, balancer } = cluster.mcp
    await balancer.untilAllReady()
    const calls = await Promise.all(
      [1, 2].map((id) => {
        const _meta = { ...envelope(), progressToken: id }
        const params = { name: "longRunningOperation", arguments: { duration: 3, steps: 30 }, _meta }
        return openPost(`${balancer.url}/mcp`, token, "tools/call", params, id)
      }),
    )
    await Promise.all(calls.map((call) => call.heard("notifications/progress")))
    const ended = await Promise.all(replicas.map(({ running }) => endBySignal(running)))
    for (const call of calls) {
      await call.ended
      expect(call.text()).toContain("Done, in 3 seconds")
    }
    for (const { code } of ended) expect(code).toBe(0)
    await Promise.all(replicas.map((replica) => replica.start()))
  }, 30_000)

  it("Z9 a call in a session is answered whole, and its standing stream ends at once", async () => {
    const replica = await cluster.mcp.another({})
    await untilReady(replica.running, replica.managementPort)
    const url = `http://127.0.0.1:${replica.port}/mcp`
    const session = await openSession(url, token)
    const call = await openSessionCall(url, token, session, 3)
    await call.heard("notifications/progress")
    const standing = await openGet(url, token, session)
    // Its answer has not begun when the process is told to end: it holds up what comes after, not the streams.
    const params = { name: "longRunningOperation", arguments: { duration: 3, steps: 6 } }
    const unbegun = sendModern(url, { token, method: "tools/call", params })
    await pause(300)
    const started = performance.now()
    const ended = endBySignal(replica.running)
    await standing.ended
    expect(performance.now() - started).toBeLessThan(DELAY_SECONDS * 1000 + 1_000)
    expect(call.text()).not.toContain("Done")
    await call.ended
    expect(call.text()).toContain("Done, in 3 seconds")
    expect(JSON.stringify((await rpcOf(await unbegun)).result)).toContain("Done, in 3 seconds")
    const { code, ms } = await ended
    expect(code).toBe(0)
    expect(ms).toBeLessThan(3_000 + 2_000)
  }, 30_000)

  describe("a process that is told to end", () => {
    it.each(["auth", "mcp"] as const)("ends at once when told twice: %s", async (service) => {
      const replica = await cluster[service].another({ SHUTDOWN_DELAY_SECONDS: "30" })
      await untilReady(replica.running, replica.managementPort)
      replica.running.child.kill("SIGTERM")
      await pause(500)
      expect(replica.running.child.exitCode).toBe(null)
      const { code, ms } = await endBySignal(replica.running)
      expect(code).toBe(1)
      expect(ms).toBeLessThan(500)
    })

    it.each(["auth", "mcp"] as const)("ends in time though Redis has stopped answering: %s", async (service) => {
      const replica = await cluster[service].another({})
      await untilReady(replica.running, replica.managementPort)
      cluster.redis.pause()
      onTestFinished(() => cluster.redis.resume())
      const { code, ms } = await endBySignal(replica.running)
      expect(code).toBe(0)
      expect(ms).toBeLessThan(HUNG_GRACE_MS)
    })

    it("ends in time though the authorization server is silent, and answers who waits for it", async () => {
      const proxy = await createFaultProxy({ port: cluster.auth.balancer.port })
      onTestFinished(() => proxy.close())
      const own = { AUTH_SERVER_INTERNAL_URL: `http://127.0.0.1:${proxy.port}`, SHUTDOWN_DELAY_SECONDS: "0" }
      const replica = await cluster.mcp.another(own)
      await untilReady(replica.running, replica.managementPort)
      const fresh = await cluster.requestToken()
      proxy.mode = "blackhole"
      const waiting = cluster.call(fresh, replica.port).then(() => "answered", String)
      await pause(200)
      const { code, ms } = await endBySignal(replica.running)
      expect(await waiting).toContain("503")
      expect(code).toBe(0)
      expect(ms).toBeLessThan(HUNG_GRACE_MS)
    })

    it("ends in time though the authorization server has been silent from the start", async () => {
      const proxy = await createFaultProxy({ port: cluster.auth.balancer.port })
      onTestFinished(() => proxy.close())
      proxy.mode = "blackhole"
      const replica = await cluster.mcp.another({ AUTH_SERVER_INTERNAL_URL: `http://127.0.0.1:${proxy.port}` })
      await expect.poll(() => statusOf(replica, "/livez"), { timeout: 10_000 }).toBe(200)
      expect(await statusOf(replica, "/readyz")).toBe(503)
      const { code, ms } = await endBySignal(replica.running)
      expect(code).toBe(0)
      expect(ms).toBeLessThan(HUNG_GRACE_MS)
    })
  })
})
