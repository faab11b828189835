/** The Redis servers of the test-kit: real ones, which end when they are told to. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { askRedis, manualClock, sendRaw, startRedis, startRedisCluster, startRedisSentinel } from "@gatehouse/test-kit"
import { describe, expect, it, vi } from "vitest"

describe("startRedis", () => {
  it("keeps what was written over a kill and a restart, on the same port", async () => {
    const redis = await startRedis()
    await askRedis(redis.port, "SET", "key", "value")
    await redis.kill()
    await expect(askRedis(redis.port, "PING")).rejects.toThrow()
    await redis.restart()
    expect(await askRedis(redis.port, "GET", "key")).toBe("value")
    await redis.stop()
    await expect(askRedis(redis.port, "PING")).rejects.toThrow()
  })

  it("starts again with nothing when it is told to", async () => {
    const redis = await startRedis()
    await askRedis(redis.port, "SET", "key", "value")
    await redis.restart({ empty: true })
    expect(await askRedis(redis.port, "DBSIZE")).toBe("0")
    await redis.stop()
  })

  it("takes configuration that keeps strangers out", async () => {
    const redis = await startRedis({ config: "user default off" })
    expect(await sendRaw(redis.port, "PING\r\nQUIT\r\n")).toMatch(/^-NOAUTH/)
    await redis.stop()
  })

  it("hangs while it is paused, and goes on when it is resumed", async () => {
    const redis = await startRedis()
    redis.pause()
    await expect(askRedis(redis.port, "PING")).rejects.toThrow()
    redis.resume()
    expect(await askRedis(redis.port, "PING")).toBe("PONG")
    await redis.stop()
  })

  it("leaves no server behind when the process that started it is killed", async () => {
    const script = `
      const { startRedis } = await import("@gatehouse/test-kit")
      console.log((await startRedis()).port)`
    const owner = spawn(process.execPath, ["--conditions=source", "--input-type=module", "--eval", script])
    const [line] = (await once(owner.stdout, "data")) as [Buffer]
    const port = Number(line)
    expect(await askRedis(port, "PING")).toBe("PONG")
    owner.kill("SIGKILL")
    await vi.waitFor(() => expect(askRedis(port, "PING")).rejects.toThrow(), 5_000)
  })

  it("says what Redis said when it does not start", async () => {
    await expect(startRedis({ config: "no-such-directive yes" })).rejects.toThrow(/no-such-directive/)
  })
})

describe("startRedisCluster", () => {
  it("has every slot served by one of three masters", async () => {
    const { nodes, stop } = await startRedisCluster()
    const info = await askRedis(nodes[2]?.port ?? 0, "CLUSTER", "INFO")
    expect(info).toMatch(/cluster_slots_ok:16384[\s\S]*cluster_size:3/)
    await stop()
  })
})

describe("startRedisSentinel", () => {
  it("tells where the master is", async () => {
    const { sentinels, masterName, master, stop } = await startRedisSentinel()
    const address = await askRedis(sentinels[0]?.port ?? 0, "SENTINEL", "get-master-addr-by-name", masterName)
    expect(address).toBe(`127.0.0.1,${master.port}`)
    await stop()
  })
})

describe("manualClock", () => {
  it("moves only when it is told to", () => {
    const clock = manualClock(1_000)
    clock.advance(0.5)
    expect([clock.now(), clock.now()]).toEqual([1_000.5, 1_000.5])
  })
})
