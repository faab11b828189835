/** The MCP service as its process puts it together, on a real Redis and sockets: what its management port exposes. */
import { once } from "node:events"
import { type ServiceKit, startServiceKit } from "@gatehouse/service-kit"
import { findFreePort, type RedisServer, readExposition, startRedis } from "@gatehouse/test-kit"
import { Redis } from "ioredis"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { credentials, startIssuingServer } from "../../shared/token-verifier/test/issuing-server.ts"
import { RESOURCE } from "../../shared/token-verifier/test/setting.ts"
import { authorizationServers, buildMcpApp, mcpConfigFrom, readMcpSettings } from "../src/index.ts"
import { createMcpService } from "../src/mcp-service.ts"
import { request, validation } from "./measured.ts"
import { sendModern } from "./messages.ts"

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

/** A replica, ready to serve. */
async function startReplica(issuer: string) {
  const port = await findFreePort()
  const settings = readMcpSettings({
    PORT: String(port),
    BASE_URI: `http://127.0.0.1:${port}`,
    RESOURCE_URL: RESOURCE,
    AUTH_MODE: "external",
    AUTH_SERVER_URL: issuer,
    TOKEN_VALIDATION: "introspection",
    INTROSPECTION_CLIENT_ID: credentials.clientId,
    INTROSPECTION_CLIENT_SECRET: credentials.clientSecret,
    REDIS_URL: redis.url,
    REDIS_KEY_PREFIX: "m:",
    ALLOWED_HOSTS: `127.0.0.1:${port}`,
  })
  const kit: ServiceKit = await startServiceKit("gatehouse-mcp", {
    logLevel: "silent",
    managementHost: "127.0.0.1",
    managementPort: 0,
  })
  onTestFinished(() => kit.shutdown("test"))
  const parts = { config: mcpConfigFrom(settings), settings, servers: authorizationServers(settings) }
  const { deps, started } = createMcpService(parts, kit)
  await Promise.all([kit.serve(buildMcpApp(deps), { host: "127.0.0.1", port }), started()])
  const metrics = async () => {
    const answer = await fetch(`${kit.managementUrl}/metrics`, { headers: { connection: "close" } })
    return readExposition(await answer.text())
  }
  const list = async (token?: string) => {
    const headers = { connection: "close" }
    const answer = await sendModern(`http://127.0.0.1:${port}/mcp`, { headers, ...(token !== undefined && { token }) })
    await answer.text()
    return answer.status
  }
  return { metrics, list }
}

const living = () => ({ iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 600 })

describe("OAuth metrics: the service on its management port", () => {
  it("exposes what requests did, each where it happened: one replica asks, the other finds its answer", async () => {
    const server = await startIssuingServer()
    const [first, second] = [await startReplica(server.issuer), await startReplica(server.issuer)]
    const token = server.issueOpaque(living())
    expect(await first.list()).toBe(401)
    expect(await first.list(token)).toBe(200)
    expect(await first.list(token)).toBe(200)
    const connection = new Redis(redis.url)
    onTestFinished(() => connection.disconnect())
    await expect.poll(() => connection.keys("m:mcp:introspection:*")).toHaveLength(1)
    expect(await second.list(token)).toBe(200)

    const [asked, found] = [await first.metrics(), await second.metrics()]
    expect(asked.value(validation("invalid", "missing", "none", "none"))).toBe(1)
    expect(asked.value(validation("valid", "none", "introspection", "miss"))).toBe(1)
    expect(asked.value(validation("valid", "none", "introspection", "l1"))).toBe(1)
    expect(asked.value(request("active"))).toBe(1)
    expect(found.value(validation("valid", "none", "introspection", "l2"))).toBe(1)
    expect(found.value(request("active"))).toBe(0)
    expect(asked.sum("mcp_server_operation_duration_seconds_count", { mcp_method_name: "tools/list" })).toBe(2)
    for (const { value } of [asked, found]) {
      expect(value('mcp_auth_server_up{server="primary"}')).toBe(1)
      expect(value('mcp_auth_circuit_state{server="primary"}')).toBe(0)
      expect(value('mcp_auth_cache_entries{tier="positive"}')).toBe(1)
      expect(value("mcp_redis_up")).toBe(1)
      expect(value("mcp_active_sessions")).toBe(0)
      expect(value("mcp_open_streams")).toBe(0)
    }
  })

  it("measures how long a revocation takes from Redis to here", async () => {
    const server = await startIssuingServer()
    const replica = await startReplica(server.issuer)
    const token = server.issueOpaque({ ...living(), grant_id: "grant-7" })
    const count = async () => (await replica.metrics()).value("mcp_auth_revocation_lag_seconds_count")
    expect(await replica.list(token)).toBe(200)
    expect(await count()).toBe(0)
    const connection = new Redis(redis.url)
    onTestFinished(() => connection.disconnect())
    await once(connection, "ready")
    const revoke = (grantId: string) => connection.xadd("m:auth:revocations", "*", "kind", "grant", "grantId", grantId)
    const counted = async () => {
      await revoke("another's") // what was revoked before it followed is history
      return count()
    }
    await expect.poll(counted).toBeGreaterThan(0)
    await revoke("grant-7")
    await expect.poll(() => replica.list(token)).toBe(401)
    const after = await replica.metrics()
    expect(after.value(validation("invalid", "revoked", "introspection", "l1"))).toBe(1)
    expect(after.value('mcp_auth_revocation_lag_seconds_bucket{le="10"}')).toBe(await count())
  })
})
