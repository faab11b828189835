/** The services as their images run them: built, without the `source` condition, in production. */
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { findFreePort, type RedisServer, startRedis } from "@gatehouse/test-kit"
import { exportJWK, generateKeyPair } from "jose"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type RunningProcess, root, runNode, untilReady } from "./processes.ts"

const run = promisify(execFile)
const secret = (name: string) => `${name}-0123456789abcdef0123456789abcdef`

describe("OAuth services, built and in production", () => {
  let directory = ""
  let redis: RedisServer
  let auth: RunningProcess
  let mcp: RunningProcess
  let issuer: string
  let resource: string
  let authEnv: Record<string, string>

  beforeAll(async () => {
    await run(process.execPath, [join(root, "node_modules/@typescript/native/bin/tsc"), "-b", "services/all-in-one"], {
      cwd: root,
    })
    redis = await startRedis()
    directory = await mkdtemp(join(tmpdir(), "gatehouse-built-"))
    const [authPort, authManagement, mcpPort, mcpManagement] = await Promise.all(
      Array.from({ length: 4 }, () => findFreePort()),
    )
    issuer = `http://127.0.0.1:${authPort}`
    resource = `http://127.0.0.1:${mcpPort}/mcp`
    await writeFile(join(directory, "keys.json"), JSON.stringify({ keys: [await signingKey()] }))
    await writeFile(join(directory, "clients.json"), JSON.stringify(clientsFor(resource)))
    await writeFile(join(directory, "secret"), `${secret("introspection")}\n`)
    const common = { NODE_ENV: "production", REDIS_URL: redis.url }
    authEnv = {
      ...common,
      PORT: String(authPort),
      MANAGEMENT_PORT: String(authManagement),
      BASE_URI: issuer,
      RESOURCES: resource,
      CLIENTS_FILE: join(directory, "clients.json"),
      SIGNING_KEYS_FILE: join(directory, "keys.json"),
      ALLOW_DEMO_IDENTITY: "true",
    }
    auth = runNode([join(root, "services/auth/dist/main.js")], authEnv)
    await untilReady(auth, authManagement as number)
    mcp = runNode([join(root, "services/mcp/dist/main.js")], {
      ...common,
      AUTH_MODE: "external",
      AUTH_SERVER_URL: issuer,
      PORT: String(mcpPort),
      MANAGEMENT_PORT: String(mcpManagement),
      BASE_URI: `http://127.0.0.1:${mcpPort}`,
      INTROSPECTION_CLIENT_ID: "mcp",
      INTROSPECTION_CLIENT_SECRET_FILE: join(directory, "secret"),
    })
    await untilReady(mcp, mcpManagement as number)
  }, 120_000)

  afterAll(async () => {
    await mcp?.end()
    await auth?.end()
    await redis?.stop()
    await rm(directory, { recursive: true, force: true })
  })

  it("serve a machine from its credentials to a tool call, until the operator revokes its grant", async () => {
    const token = await clientCredentials()
    expect(await initializeStatus(token)).toBe(200)
    const operator = [join(root, "services/auth/dist/operator.js"), "revoke", "--client", "nightly"]
    const { stdout } = await run(process.execPath, operator, { env: { PATH: process.env["PATH"], ...authEnv } })
    expect(stdout).toBe("1 grant revoked\n")
    await expect.poll(() => initializeStatus(token)).toBe(401)
  })

  it("log JSON lines only, without a secret in any", () => {
    const lines = `${auth.output()}${mcp.output()}`.trim().split("\n")
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty("level")
    expect(lines.join("\n")).not.toContain("0123456789abcdef")
  })

  async function clientCredentials(): Promise<string> {
    const answer = await fetch(`${issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`nightly:${secret("client")}`)}` },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    })
    expect(answer.status).toBe(200)
    return ((await answer.json()) as { access_token: string }).access_token
  }

  async function initializeStatus(token: string): Promise<number> {
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } }
    const { status } = await fetch(resource, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params }),
    })
    return status
  }
})

async function signingKey() {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: "2026-11", alg: "ES256" }
}

const clientsFor = (resource: string) => ({
  clients: [{ client_id: "nightly", client_secret: secret("client"), grant_types: ["client_credentials"] }],
  resource_servers: [{ client_id: "mcp", client_secret: secret("introspection"), resources: [resource] }],
})
