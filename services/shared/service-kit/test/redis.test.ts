/** The connection to Redis: bounds, recovery, credentials, and each of the three ways to reach it. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import {
  askRedis,
  findFreePort,
  type RedisServer,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from "@gatehouse/test-kit"
import { afterEach, describe, expect, it } from "vitest"
import {
  closeRedis,
  connectForBlockingReads,
  connectRedis,
  type RedisConnection,
  readSettings,
  redisSettings,
} from "../src/index.ts"
import { makeCertificate } from "./certificate.ts"
import { recordedLog } from "./log-lines.ts"

/** Ended after each test. */
const servers: { stop(): Promise<void> }[] = []
const connections: RedisConnection[] = []
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.disconnect()
  for (const server of servers.splice(0)) await server.stop()
})

async function started(config = ""): Promise<RedisServer> {
  const server = await startRedis({ config })
  servers.push(server)
  return server
}

function connected(env: NodeJS.ProcessEnv) {
  const { log, entries, text } = recordedLog()
  const redis = connectRedis(readSettings(redisSettings, env), log)
  connections.push(redis)
  return { redis, entries, text }
}

/** How long a command took to succeed or fail. */
async function timed(command: () => Promise<unknown>): Promise<{ ok: boolean; ms: number }> {
  const begun = performance.now()
  const ok = await command().then(
    () => true,
    () => false,
  )
  return { ok, ms: performance.now() - begun }
}

async function recovers(redis: RedisConnection): Promise<number> {
  const begun = performance.now()
  while (!(await timed(() => redis.set("k", "v"))).ok)
    if (performance.now() - begun > 10_000) throw new Error("no recovery")
  return performance.now() - begun
}

describe("OAuth services: Redis, one server", () => {
  it("fails each command within 2 s while it is killed, and recovers within about a second", async () => {
    const server = await started()
    const { redis, entries } = connected({ REDIS_URL: server.url })
    await redis.set("k", "v")
    await server.kill()
    for (const { ok, ms } of await Promise.all([1, 2, 3].map(() => timed(() => redis.get("k"))))) {
      expect(ok).toBe(false)
      expect(ms).toBeLessThan(1_000)
    }
    await new Promise((later) => setTimeout(later, 1_500))
    expect((await timed(() => redis.get("k"))).ok).toBe(false)
    await server.restart()
    expect(await recovers(redis)).toBeLessThan(1_500)
    expect(entries().map(({ level, msg }) => [level, msg])).toEqual([
      ["info", "Redis is connected"],
      ["error", "Redis cannot be reached; trying until it can"],
      ["info", "Redis answers again"],
    ])
  })

  it("fails within 2 s, two commands in a row, while it is paused, and recovers", async () => {
    const server = await started()
    const { redis } = connected({ REDIS_URL: server.url })
    await redis.set("k", "v")
    server.pause()
    const both = await timed(async () => {
      await redis.get("k").catch(() => undefined)
      await redis.get("k")
    })
    expect(both.ok).toBe(false)
    expect(both.ms).toBeLessThan(2_000)
    await new Promise((later) => setTimeout(later, 3_000))
    expect(await timed(() => redis.eval("return 1", 0))).toMatchObject({ ok: false })
    server.resume()
    expect(await recovers(redis)).toBeLessThan(2_000)
  })

  it("starts without it, and finds it when it comes", async () => {
    const server = await started()
    await server.kill()
    const { redis, entries } = connected({ REDIS_URL: server.url })
    const first = await timed(() => redis.get("k"))
    expect(first.ok).toBe(false)
    expect(first.ms).toBeLessThan(1_000)
    await server.restart()
    expect(await recovers(redis)).toBeLessThan(1_500)
    expect(entries().filter(({ level }) => level === "error")).toHaveLength(1)
    expect(entries()[0]?.["err"]).toMatchObject({ code: "ECONNREFUSED" })
  })

  it("lets no queue grow while it is down, and never runs late what has failed", async () => {
    const server = await started()
    const { redis } = connected({ REDIS_URL: server.url })
    await redis.set("k", "v")
    server.pause()
    const writes = Array.from({ length: 5 }, () => timed(() => redis.append("log", "late")))
    expect((await Promise.all(writes)).map(({ ok }) => ok)).not.toContain(true)
    // The paused server holds what reached it; a new one must not be told again.
    await server.kill()
    await expect.poll(() => redis.status).not.toBe("ready") // what is written to a dead connection waits nowhere
    const waiting = Array.from({ length: 1_500 }, () =>
      redis.append("log", "late").catch((error: Error) => error.message),
    )
    const reasons = await Promise.all(waiting)
    expect(reasons.filter((reason) => reason === "too many commands wait for Redis").length).toBeGreaterThan(400)
    await server.restart()
    await recovers(redis)
    expect(await redis.get("log")).toBeNull()
  })

  it("D16 fails a write to a server that became a replica, and connects anew", async () => {
    const [primary, other] = [await started(), await started()]
    const { redis } = connected({ REDIS_URL: other.url })
    await redis.set("k", "v")
    await redis.call("REPLICAOF", "127.0.0.1", String(primary.port))
    const reconnecting = new Promise((resolve) => redis.once("reconnecting", resolve))
    await expect(redis.set("k", "v")).rejects.toThrow("READONLY")
    await reconnecting
  })

  it("signs in as an ACL user, and tells a wrong password without showing it", async () => {
    const server = await started("user default off\nuser gatehouse on >s3cret ~* +@all")
    const right = connected({ REDIS_URL: server.url, REDIS_USERNAME: "gatehouse", REDIS_PASSWORD: "s3cret" })
    expect(await right.redis.ping()).toBe("PONG")
    const wrong = connected({ REDIS_URL: server.url, REDIS_USERNAME: "gatehouse", REDIS_PASSWORD: "planted" })
    expect((await timed(() => wrong.redis.ping())).ok).toBe(false)
    expect(wrong.text()).toContain("WRONGPASS")
    expect(wrong.text()).not.toContain("planted")
  })

  it("speaks TLS, and only to a server whose certificate its CA signed", async () => {
    const files = makeCertificate()
    servers.push(files)
    const port = await findFreePort()
    const signed = `tls-cert-file ${files.cert}\ntls-key-file ${files.key}\ntls-ca-cert-file ${files.cert}`
    await started(`tls-port ${port}\ntls-auth-clients no\n${signed}`)
    const trusted = connected({ REDIS_URL: `rediss://127.0.0.1:${port}`, REDIS_TLS_CA_FILE: files.cert })
    expect(await trusted.redis.ping()).toBe("PONG")
    const untrusted = connected({ REDIS_URL: `redis://127.0.0.1:${port}`, REDIS_TLS: "true" })
    expect((await timed(() => untrusted.redis.ping())).ok).toBe(false)
    expect(untrusted.text()).toMatch(/self-signed/)
  })

  it("closes whether Redis answers or not", async () => {
    const server = await started()
    const { redis, entries } = connected({ REDIS_URL: server.url })
    await redis.ping()
    await closeRedis(redis)
    await expect.poll(() => redis.status).toBe("end")
    expect(entries().filter(({ level }) => level === "error")).toEqual([])
    const gone = connected({ REDIS_URL: server.url })
    await gone.redis.ping()
    server.pause()
    expect((await timed(() => closeRedis(gone.redis))).ms).toBeLessThan(2_000)
    await expect.poll(() => gone.redis.status).toBe("end")
  })

  it("blocks on a connection of its own, beyond the bound of the others", async () => {
    const server = await started()
    const { redis } = connected({ REDIS_URL: server.url })
    const blocking = connectForBlockingReads(redis, 3_000)
    connections.push(blocking)
    const read = timed(() => blocking.xread("BLOCK", 2_500, "STREAMS", "s", "$"))
    await new Promise((later) => setTimeout(later, 100))
    expect((await timed(() => redis.ping())).ms).toBeLessThan(500)
    const { ok, ms } = await read
    expect(ok).toBe(true)
    expect(ms).toBeGreaterThan(2_400)
  })

  it("Y0 keeps commands out of the output of DEBUG=*", async () => {
    const server = await started()
    const script = `import { connectRedis, createLogger, readSettings, redisSettings } from ${JSON.stringify(join(import.meta.dirname, "../src/index.ts"))}
      const log = createLogger({ name: "t", level: "debug" })
      const redis = connectRedis(readSettings(redisSettings, { REDIS_URL: "redis://:planted@127.0.0.1:${server.port}" }), log)
      await redis.set("planted", "planted").catch(() => {})
      redis.disconnect()`
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--conditions=source", "--input-type=module-typescript", "-e", script],
      {
        env: { ...process.env, DEBUG: "*" },
      },
    )
    expect(stdout).toContain("Redis is connected")
    expect(stdout + stderr).not.toContain("planted")
  })

  it("refuses to guess when none or several ways are given", () => {
    expect(() => connected({})).toThrow("exactly one of")
    expect(() => connected({ REDIS_URL: "redis://a", REDIS_CLUSTER_NODES: "a:1" })).toThrow("exactly one of")
    expect(() => connected({ REDIS_SENTINELS: "a:1" })).toThrow("REDIS_SENTINEL_MASTER")
  })
})

describe("OAuth services: Redis with Sentinel", () => {
  it("finds the master, and the next one after it died", { timeout: 60_000 }, async () => {
    const { master, masterName, sentinels, stop } = await startRedisSentinel({
      config: "sentinel down-after-milliseconds gatehouse 500\nsentinel failover-timeout gatehouse 1000",
    })
    servers.push({ stop })
    const replica = await started(`replicaof 127.0.0.1 ${master.port}`)
    const port = sentinels[0]?.port ?? 0
    const { redis } = connected({ REDIS_SENTINELS: `127.0.0.1:${port}`, REDIS_SENTINEL_MASTER: masterName })
    await redis.set("k", "v")
    await expect
      .poll(async () => (await redis.info("replication")).includes("state=online"), { timeout: 10_000 })
      .toBe(true)
    // The Sentinel asks for replicas, and these for their state, every ten seconds.
    await expect
      .poll(() => askRedis(port, "SENTINEL", "REPLICAS", masterName), { timeout: 25_000, interval: 300 })
      .toContain("master-link-status,ok")
    await master.kill()
    expect((await timed(() => redis.get("k"))).ms).toBeLessThan(1_000)
    await recovers(redis)
    expect(await redis.get("k")).toBe("v")
    expect(await redis.info("server")).toContain(`tcp_port:${replica.port}`)
  })
})

describe("OAuth services: Redis Cluster", () => {
  it("D2 fails each command within 2 s while it is down, recovers, and never runs late what has failed", {
    timeout: 40_000,
  }, async () => {
    const { nodes, processes, stop } = await startRedisCluster()
    servers.push({ stop })
    const { redis, entries } = connected({
      REDIS_CLUSTER_NODES: nodes.map(({ port }) => `127.0.0.1:${port}`).join(","),
    })
    await Promise.all(Array.from({ length: 30 }, (_, i) => redis.set(`k${i}`, "v")))
    await Promise.all(processes.map((node) => node.kill()))
    for (let i = 0; i < 5; i++) {
      const { ok, ms } = await timed(() => redis.append("log", "late"))
      expect(ok).toBe(false)
      expect(ms).toBeLessThan(1_200)
    }
    expect(entries().at(-1)).toMatchObject({ level: "error", msg: "Redis cannot be reached; trying until it can" })
    await Promise.all(processes.map((node) => node.restart()))
    expect(await recovers(redis)).toBeLessThan(6_000) // a cluster needs a moment to agree with itself
    expect(await redis.get("log")).toBeNull()
  })

  it("fails each command within 2 s when no node was ever there", async () => {
    const { redis } = connected({ REDIS_CLUSTER_NODES: `127.0.0.1:${await findFreePort()}` })
    for (const command of [
      () => redis.get("k"),
      () => redis.eval("return 1", 1, "k"),
      () => redis.pipeline().get("k").exec(),
    ]) {
      const { ms } = await timed(command)
      expect(ms).toBeLessThan(2_000)
    }
  })
})
