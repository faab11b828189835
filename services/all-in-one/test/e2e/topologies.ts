/** Gatehouse as people run it: real processes, one or two, in memory or on a real Redis. */
import { randomBytes } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findFreePort, startRedis } from "@gatehouse/test-kit"
import { type RunningProcess, root, runNode, untilReady } from "../processes.ts"

export interface Topology {
  /** What clients are configured with. */
  mcpUrl: string
  issuer: string
  /** Environment of the authorization server, for its operator command. */
  authEnvironment: Record<string, string>
  /** What the MCP service introspects with; empty where it asks in process. */
  introspectionSecret: string
  /** Everything the processes printed. */
  output: () => string
  stop: () => Promise<void>
}

const run = (main: string, environment: Record<string, string>): RunningProcess =>
  runNode(["--conditions=source", join(root, main)], { RATE_LIMIT: "off", ...environment })

type Start = (redisUrl: string | undefined) => Promise<Topology>

const startInternal: Start = async (redisUrl) => {
  const [port, managementPort] = [await findFreePort(), await findFreePort()]
  const base = `http://127.0.0.1:${port}`
  const environment = {
    PORT: String(port),
    MANAGEMENT_PORT: String(managementPort),
    BASE_URI: base,
    ...(redisUrl && { REDIS_URL: redisUrl }),
  }
  const service = run("services/all-in-one/src/main.ts", environment)
  await untilReady(service, managementPort)
  return {
    mcpUrl: `${base}/mcp`,
    issuer: base,
    authEnvironment: environment,
    introspectionSecret: "",
    output: service.output,
    stop: async () => void (await service.end()),
  }
}

const startExternal: Start = async (redisUrl) => {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-e2e-"))
  const [authPort, authManagement, mcpPort, mcpManagement] = [
    await findFreePort(),
    await findFreePort(),
    await findFreePort(),
    await findFreePort(),
  ]
  const issuer = `http://127.0.0.1:${authPort}`
  const mcpUrl = `http://127.0.0.1:${mcpPort}/mcp`
  const secret = randomBytes(32).toString("base64url")
  const clientsFile = join(directory, "clients.json")
  const resourceServer = { client_id: "mcp", client_secret: secret, resources: [mcpUrl] }
  await writeFile(clientsFile, JSON.stringify({ clients: [], resource_servers: [resourceServer] }))
  const redis = redisUrl ? { REDIS_URL: redisUrl } : undefined
  const authEnvironment = {
    PORT: String(authPort),
    MANAGEMENT_PORT: String(authManagement),
    BASE_URI: issuer,
    RESOURCES: mcpUrl,
    CLIENTS_FILE: clientsFile,
    ...redis,
  }
  const auth = run("services/auth/src/main.ts", authEnvironment)
  await untilReady(auth, authManagement)
  const mcp = run("services/mcp/src/main.ts", {
    AUTH_MODE: "external",
    AUTH_SERVER_URL: issuer,
    PORT: String(mcpPort),
    MANAGEMENT_PORT: String(mcpManagement),
    BASE_URI: `http://127.0.0.1:${mcpPort}`,
    INTROSPECTION_CLIENT_ID: "mcp",
    INTROSPECTION_CLIENT_SECRET: secret,
    ...redis,
  })
  await untilReady(mcp, mcpManagement)
  return {
    mcpUrl,
    issuer,
    authEnvironment,
    introspectionSecret: secret,
    output: () => auth.output() + mcp.output(),
    stop: async () => {
      await mcp.end()
      await auth.end()
      await rm(directory, { recursive: true })
    },
  }
}

const onRedis =
  (start: Start): Start =>
  async () => {
    const redis = await startRedis()
    const topology = await start(redis.url)
    return {
      ...topology,
      stop: async () => {
        await topology.stop()
        await redis.stop()
      },
    }
  }

export const topologies: { name: string; external: boolean; redis: boolean; start: () => Promise<Topology> }[] = [
  { name: "internal, in memory", external: false, redis: false, start: () => startInternal(undefined) },
  { name: "internal, on Redis", external: false, redis: true, start: () => onRedis(startInternal)(undefined) },
  { name: "external, in memory", external: true, redis: false, start: () => startExternal(undefined) },
  { name: "external, on Redis", external: true, redis: true, start: () => onRedis(startExternal)(undefined) },
]
