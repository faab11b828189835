/** Both services on one port: the MCP routes keep their hooks and parsers to themselves. */
import { createApp, createLogger } from "@gatehouse/service-kit"
import { findFreePort } from "@gatehouse/test-kit"
import { createTokenVerifier } from "@gatehouse/token-verifier"
import { describe, expect, it, onTestFinished } from "vitest"
import { registerMcpRoutes } from "../src/index.ts"
import { connectModern } from "./clients.ts"
import { sendBytes } from "./raw.ts"

const log = createLogger({ name: "test", level: "silent" })

async function startTogether() {
  const port = await findFreePort()
  const origin = `http://127.0.0.1:${port}`
  const resource = `${origin}/mcp`
  const introspect = async (token: string) =>
    token === "good"
      ? { active: true, iss: origin, sub: "demo|alice", aud: resource, scope: "mcp", exp: Date.now() / 1000 + 600 }
      : { active: false }
  const tokens = createTokenVerifier({ audience: resource, servers: [{ issuer: origin, introspect }] })
  const app = createApp({ log })
  app.get("/", async () => "front page of the other service")
  app.get("/.well-known/oauth-authorization-server", async () => ({ issuer: origin }))
  app.post("/token", async (request) => ({ got: request.body }))
  registerMcpRoutes(app, {
    config: {
      baseUri: origin,
      resource,
      allowedOrigins: [],
      allowedHosts: [],
      trustedProxies: [],
      rateLimit: "off",
      redisKeyPrefix: "",
      toolScopes: new Map(),
    },
    log,
    now: () => Date.now() / 1000,
    tokens,
    authorizationServers: tokens.servers,
  })
  await app.listen({ host: "127.0.0.1", port })
  onTestFinished(async () => void (await app.close()))
  return { port, origin }
}

describe("OAuth services on one port", () => {
  it("leave the other service's routes as they are: its pages, hosts, origins and bodies", async () => {
    const service = await startTogether()
    expect(await (await fetch(service.origin)).text()).toContain("other service")
    const { status } = await sendBytes(service, {
      target: "/",
      host: "evil.test",
      headers: ["Origin: https://evil.test"],
    })
    expect(status).toBe(200)
    const headers = { "content-type": "application/json" }
    const answer = await fetch(`${service.origin}/token`, { method: "POST", headers, body: '{"a":1}' })
    expect(await answer.json()).toEqual({ got: { a: 1 } })
  })

  it("serve MCP with its guard beside them", async () => {
    const service = await startTogether()
    expect((await sendBytes(service, {})).status).toBe(401)
    expect((await sendBytes(service, { host: "evil.test" })).status).toBe(421)
    const client = await connectModern(`${service.origin}/mcp`, "good")
    expect((await client.callTool({ name: "whoami" })).structuredContent).toMatchObject({ subject: "demo|alice" })
  })
})
