/** What is measured of a real Redis: its commands, its failures by kind, and whether it is there. */
import {
  askRedis,
  createFaultProxy,
  type FaultProxy,
  type RedisServer,
  readExposition,
  startRedis,
} from "@gatehouse/test-kit"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  connectForBlockingReads,
  connectRedis,
  createMetrics,
  createRedisMetrics,
  type RedisConnection,
  readSettings,
  redisSettings,
} from "../src/index.ts"
import { recordedLog } from "./log-lines.ts"

let server: RedisServer
let proxy: FaultProxy
let redis: RedisConnection
let metrics: ReturnType<typeof createMetrics>

beforeEach(async () => {
  server = await startRedis()
  proxy = await createFaultProxy({ port: server.port })
  metrics = createMetrics({ name: "test", version: "0" })
  redis = connect({})
  await redis.ping()
})
afterEach(async () => {
  redis.disconnect()
  await proxy.close()
  await server.stop()
})

function connect(env: NodeJS.ProcessEnv): RedisConnection {
  const settings = readSettings(redisSettings, { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, ...env })
  return connectRedis(settings, recordedLog().log, createRedisMetrics(metrics, "test"))
}

const exposed = async () => readExposition((await metrics.expose()).body)
const commands = async (command: string) =>
  (await exposed()).value(`test_redis_command_duration_seconds_count{command="${command}"}`)
const errors = async (kind: string) => (await exposed()).value(`test_redis_errors_total{kind="${kind}"}`)
const isUp = async () => (await exposed()).value("test_redis_up")
const fails = (command: () => Promise<unknown>) => expect(command()).rejects.toThrow()

describe("OAuth metrics: Redis", () => {
  it("times each command once, by its name, and not the handshake", async () => {
    await redis.set("k", "v")
    await redis.get("k")
    await redis.eval("return 1", 0)
    await redis.incr("planted")
    const { labelsOf, sum, text } = await exposed()
    const names = labelsOf("test_redis_command_duration_seconds_count").map(({ command }) => command)
    expect(names.sort()).toEqual(["eval", "get", "other", "ping", "set"])
    expect(sum("test_redis_command_duration_seconds_count")).toBe(5)
    expect(text).not.toContain("planted")
    expect(await isUp()).toBe(1)
  })

  it("has every kind of failure at zero, and takes a script that has to be sent for none", async () => {
    await fails(() => redis.evalsha("0".repeat(40), 0))
    const { labelsOf, sum } = await exposed()
    expect(labelsOf("test_redis_errors_total").length).toBeGreaterThan(8)
    expect(sum("test_redis_errors_total")).toBe(0)
    expect(await commands("evalsha")).toBe(1)
  })

  it("counts what is lost with the connection, is down then, and up when Redis answers again", async () => {
    proxy.mode = "refuse"
    await fails(() => redis.get("k"))
    expect(await errors("connection")).toBe(1)
    expect(await isUp()).toBe(0)
    proxy.mode = "pass"
    await expect
      .poll(() =>
        redis.get("k").then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
    expect(await isUp()).toBe(1)
  })

  it("is up again when it is connected again, though nobody asks anything, and a handshake of before times out late", async () => {
    const late = createRedisMetrics(metrics, "late")
    late.watch(redis)
    const settle = (command: string, error?: string) => late.settled(command, 0, error && new Error(error))
    const isLateUp = async () => (await exposed()).value("late_redis_up")
    settle("get", "Connection is closed.")
    expect(await isLateUp()).toBe(0)
    settle("info")
    settle("hello", "Command timed out")
    expect(await isLateUp()).toBe(1)
  })

  it("counts what is not answered in time, and is down though the connection stands", async () => {
    proxy.mode = "blackhole"
    await fails(() => redis.get("k"))
    expect(await errors("timeout")).toBe(1)
    expect(await isUp()).toBe(0)
    expect((await exposed()).value('test_redis_command_duration_seconds_bucket{command="get",le="0.5"}')).toBe(0)
  })

  it.each([
    ["memory_full", ["CONFIG", "SET", "maxmemory", "1"]],
    ["read_only", ["REPLICAOF", "127.0.0.1", "1"]],
    ["auth", ["ACL", "SETUSER", "default", "-set"]],
  ])("knows %s by what Redis says, and that it is up", async (kind, [command = "", ...args]) => {
    await askRedis(server.port, command, ...args)
    await fails(() => redis.set("k", "v"))
    expect(await errors(kind)).toBeGreaterThanOrEqual(1)
  })

  it("counts a password that Redis does not take", async () => {
    await askRedis(server.port, "CONFIG", "SET", "requirepass", "right")
    const stranger = connectRedis(
      readSettings(redisSettings, { REDIS_URL: server.url, REDIS_PASSWORD: "wrong-planted" }),
      recordedLog().log,
      createRedisMetrics(metrics, "stranger"),
    )
    await fails(() => stranger.get("k"))
    stranger.disconnect()
    const { value, text } = await exposed()
    expect(value('stranger_redis_errors_total{kind="auth"}')).toBeGreaterThanOrEqual(1)
    expect(text).not.toContain("planted")
  })

  it("counts a mistake of ours as other", async () => {
    await redis.set("k", "v")
    await fails(() => redis.zscan("k", "0"))
    expect(await errors("other")).toBe(1)
    expect(await isUp()).toBe(1)
  })

  it("does not time reads that wait on purpose", async () => {
    const blocking = connectForBlockingReads(redis, 50)
    await blocking.xread("BLOCK", 20, "STREAMS", "s", "$")
    blocking.disconnect()
    expect(await commands("other")).toBeUndefined()
  })
})
