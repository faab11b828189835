/**
 * `npm run bench:revocation`: from the answer of `/revoke` to the refusal at every replica, two MCP processes on one Redis. Fails where
 * the 99th percentile is not below 100 ms; `-- --docs=docs` writes the figures into docs/performance.md and the README.
 */
import { randomBytes } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { findFreePort, startRedis } from "@gatehouse/test-kit"
import { type RunningProcess, runNode, untilReady } from "../../services/all-in-one/test/processes.ts"
import { circumstances, table, writePart } from "./document.ts"

const ROUNDS = Number(process.env["ROUNDS"] ?? 500)
const root = resolve(import.meta.dirname, "../..")
const secret = () => randomBytes(32).toString("base64url")
const [clientSecret, introspectionSecret] = [secret(), secret()]

const redis = await startRedis()
const directory = await mkdtemp(join(tmpdir(), "gatehouse-revocation-"))
const running: RunningProcess[] = []
const [authPort, ...mcpPorts] = [await findFreePort(), await findFreePort(), await findFreePort()]
const issuer = `http://127.0.0.1:${authPort}`
const resource = "http://127.0.0.1:3232/mcp"

async function start(main: string, env: Record<string, string>): Promise<void> {
  const managementPort = await findFreePort()
  const service = runNode(["--conditions=source", join(root, main)], {
    REDIS_URL: redis.url,
    RATE_LIMIT: "off",
    LOG_LEVEL: "warn",
    MANAGEMENT_PORT: String(managementPort),
    ...env,
  })
  running.push(service)
  await untilReady(service, managementPort)
}

async function startAll(): Promise<void> {
  const clients = {
    clients: [{ client_id: "nightly", client_secret: clientSecret, grant_types: ["client_credentials"] }],
    resource_servers: [{ client_id: "mcp", client_secret: introspectionSecret, resources: [resource] }],
  }
  const clientsFile = join(directory, "clients.json")
  await writeFile(clientsFile, JSON.stringify(clients))
  await start("services/auth/src/main.ts", {
    PORT: String(authPort),
    BASE_URI: issuer,
    RESOURCES: resource,
    CLIENTS_FILE: clientsFile,
  })
  for (const port of mcpPorts)
    await start("services/mcp/src/main.ts", {
      AUTH_MODE: "external",
      AUTH_SERVER_URL: issuer,
      PORT: String(port),
      BASE_URI: `http://127.0.0.1:${port}`,
      RESOURCE_URL: resource,
      INTROSPECTION_CLIENT_ID: "mcp",
      INTROSPECTION_CLIENT_SECRET: introspectionSecret,
    })
}

const basic = { authorization: `Basic ${btoa(`nightly:${clientSecret}`)}` }
const post = (path: string, form: Record<string, string>) =>
  fetch(issuer + path, { method: "POST", headers: basic, body: new URLSearchParams(form) })

async function statusAt(port: number | undefined, token: string): Promise<number> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } }
  const answer = await fetch(`http://127.0.0.1:${port}/mcp`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params }),
  })
  await answer.text()
  return answer.status
}

/** Milliseconds until every replica, asked without a pause, has refused the token. */
async function round(): Promise<number> {
  const { access_token: token } = (await (await post("/token", { grant_type: "client_credentials" })).json()) as {
    access_token: string
  }
  for (const port of mcpPorts) if ((await statusAt(port, token)) !== 200) throw new Error("a good token was refused")
  const revoked = await post("/revoke", { token })
  const answeredAt = performance.now()
  if (revoked.status !== 200) throw new Error(`/revoke answered ${revoked.status}`)
  await Promise.all(
    mcpPorts.map(async (port) => {
      let status = 200
      while (status === 200) status = await statusAt(port, token)
      if (status !== 401) throw new Error(`a revoked token was answered ${status}`)
    }),
  )
  return performance.now() - answeredAt
}

try {
  await startAll()
  const times: number[] = []
  for (let i = 0; i < ROUNDS; i++) times.push(await round())
  times.sort((a, b) => a - b)
  const at = (share: number) => (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1)
  const figures = table(
    ["from revocation to refusal at both replicas", "p50", "p95", "p99", "longest", "reach"],
    "lrrrrr",
    [[`${ROUNDS} revocations, milliseconds`, at(0.5), at(0.95), at(0.99), at(1), "p99 < 100"]],
  )
  const where = `\`npm run bench:revocation\`: ${circumstances()}.`
  console.log(`${figures}\n\n${where}`)
  const { docs } = parseArgs({ options: { docs: { type: "string" } } }).values
  if (docs !== undefined) writePart(docs, "revocation", `${where}\n\n${figures}`)
  if (Number(at(0.99)) >= 100) process.exitCode = 1
} finally {
  for (const service of running.reverse()) await service.end()
  await redis.stop()
  await rm(directory, { recursive: true, force: true })
}
