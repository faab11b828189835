/** What `/health` of the MCP service says while what it depends on is gone: to programs and to people the same. */
import { createFaultProxy, startRedis } from "@gatehouse/test-kit"
import { describe, expect, it, onTestFinished } from "vitest"
import { sendModern } from "./messages.ts"
import { startAuthorizationServer, startService } from "./process.ts"

interface Health {
  status: string
  phase: string
  troubles: { dependency: string; reason: string; since: string }[]
  dependencies: Record<string, Record<string, unknown>>
}

const RECOVERY = { timeout: 15_000 }

async function startWithRedis() {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const authorizationServer = await startAuthorizationServer("https://mcp.test/mcp")
  const proxy = await createFaultProxy({ port: Number(new URL(authorizationServer).port) })
  onTestFinished(() => proxy.close())
  const service = await startService(authorizationServer, {
    REDIS_URL: redis.url,
    AUTH_SERVER_INTERNAL_URL: `http://127.0.0.1:${proxy.port}`,
  })
  const ask = (accept: string) =>
    fetch(`http://127.0.0.1:${service.managementPort}/health`, { headers: { accept } }).then(async (answer) => {
      expect(answer.status).toBe(200)
      return answer.text()
    })
  const health = async () => JSON.parse(await ask("application/json")) as Health
  await expect.poll(() => service.statusOf("/readyz"), { timeout: 10_000 }).toBe(200)
  await expect.poll(async () => (await health()).status).toBe("ok")
  return { redis, proxy, service, health, page: () => ask("text/html") }
}

describe("OAuth-protected MCP service, its health", () => {
  it("is degraded while the authorization server cannot be reached, as JSON and as a page, and stays ready", async () => {
    const { proxy, service, health, page } = await startWithRedis()
    expect(await page()).toContain("<b>All is well</b>")
    proxy.mode = "refuse"
    const before = Date.now()
    expect((await sendModern(service.url, { token: "never-seen" })).status).toBe(503)
    await expect.poll(async () => (await health()).status).toBe("degraded")
    const { troubles, dependencies, phase } = await health()
    expect(troubles).toEqual([
      {
        dependency: "token validation",
        reason: expect.stringMatching(/^(refused|network)$/),
        since: expect.any(String),
      },
    ])
    expect(Math.abs(Date.parse(troubles[0]?.since ?? "") - before)).toBeLessThan(5_000)
    expect(dependencies["token validation"]?.["state"]).toBe("up") // it still decides what it knows
    const shown = await page()
    expect(shown).toContain("<title>gatehouse-mcp: trouble with token validation</title>")
    expect(shown).toMatch(/<b>trouble<\/b>: (refused|network) since /)
    expect(phase).toBe("ready")
    expect(await service.statusOf("/readyz")).toBe(200)
    proxy.mode = "pass"
    await expect.poll(() => sendModern(service.url, { token: "other" }).then((it) => it.status), RECOVERY).toBe(401)
    await expect.poll(async () => (await health()).status, RECOVERY).toBe("ok")
    expect(await page()).toContain("<b>All is well</b>")
  }, 60_000)

  it("says of a Redis that is gone: down, and that revocations are not followed, since when and why; and stays ready", async () => {
    const { redis, service, health, page } = await startWithRedis()
    const { dependencies: well } = await health()
    expect(well["redis"]).toMatchObject({ state: "up", latencyMs: expect.any(Number) })
    expect(well["revocations"]).toMatchObject({ state: "up", following: true })
    const before = Date.now()
    await redis.kill()
    await expect
      .poll(async () => (await health()).troubles.map(({ dependency }) => dependency), RECOVERY)
      .toEqual(expect.arrayContaining(["redis", "revocations"]))
    const { status, dependencies } = await health()
    expect(status).toBe("degraded")
    const { revocations } = dependencies
    expect(revocations).toMatchObject({
      state: "down",
      following: false,
      reason: "not followed",
      lastError: { at: expect.any(String), message: expect.any(String) },
    })
    const since = String(revocations?.["since"])
    expect(Date.parse(since)).toBeGreaterThanOrEqual(before - 1_000)
    expect(Date.parse(since)).toBeLessThan(before + 10_000)
    expect((await health()).dependencies["revocations"]?.["since"]).toBe(since)
    expect(dependencies["redis"]).toMatchObject({ state: "down", lastError: { message: expect.any(String) } })
    expect(await page()).toContain("<title>gatehouse-mcp: trouble with redis, revocations</title>")
    expect(await service.statusOf("/readyz")).toBe(200)
    await redis.restart()
    await expect.poll(async () => (await health()).status, RECOVERY).toBe("ok")
    // What happened stays to be read.
    expect((await health()).dependencies["revocations"]).toMatchObject({
      state: "up",
      following: true,
      lastError: { message: expect.any(String) },
    })
  }, 60_000)
})
