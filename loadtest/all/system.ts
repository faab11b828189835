/** What the scripts run against on one machine: Redis, the authorization server, and MCP services behind a network that can fail. */
import { randomBytes } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { createFaultProxy, type FaultProxy, findFreePort, type RedisServer, startRedis } from "@gatehouse/test-kit"
import { type RunningProcess, root, runNode, untilReady } from "../../services/all-in-one/test/processes.ts"
import { issueToken } from "./issue-token.ts"

const CLIENT_ID = "load"
const OTHER_RESOURCE = "https://other.example/mcp"
/** Longer than an outage takes: a token that is remembered stays so. */
const TOKEN_CACHE_SECONDS = 600

export interface System {
  redis: RedisServer
  /** Between the MCP services and the authorization server. */
  network: FaultProxy
  auth: AuthProcess
  /** For k6. */
  env: Record<string, string>
  stop(): Promise<void>
}

interface AuthProcess {
  /** Ends it as a crash does. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Takes its time away: connections stay, nothing answers. */
  pause(): void
  resume(): void
}

const newSecret = () => randomBytes(32).toString("base64url")

/** @throws Error with what a service printed, when it does not become ready */
export async function startSystem({ replicas = 2 } = {}): Promise<System> {
  const cleanUps: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp()
  }
  try {
    return { ...(await startParts(replicas, cleanUps)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startParts(replicas: number, cleanUps: (() => Promise<unknown>)[]): Promise<Omit<System, "stop">> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-loadtest-"))
  cleanUps.push(() => rm(directory, { recursive: true, force: true }))
  const redis = await startRedis()
  cleanUps.push(() => redis.stop())

  const ports = await Promise.all(Array.from({ length: replicas }, findFreePort))
  const resource = `http://127.0.0.1:${ports[0]}/mcp`
  const [clientSecret, introspectionSecret] = [newSecret(), newSecret()]
  const clientsFile = join(directory, "clients.json")
  await writeFile(clientsFile, clientsOf(resource, clientSecret, introspectionSecret))

  const issuerPort = await findFreePort()
  const issuer = `http://127.0.0.1:${issuerPort}`
  const authEnv = {
    REDIS_URL: redis.url,
    BASE_URI: issuer,
    RESOURCES: `${resource},${OTHER_RESOURCE}`,
    CLIENTS_FILE: clientsFile,
  }
  const expired = await mintShortLived({ issuerPort, authEnv, clientSecret, resource })
  const auth = await openAuth(issuerPort, authEnv)
  cleanUps.push(auth.end)
  const network = await createFaultProxy({ port: issuerPort })
  cleanUps.push(() => network.close())

  const managementPorts: number[] = []
  for (const port of ports) {
    const managementPort = await findFreePort()
    managementPorts.push(managementPort)
    const mcp = startService("mcp", managementPort, {
      REDIS_URL: redis.url,
      AUTH_MODE: "external",
      AUTH_SERVER_URL: issuer,
      AUTH_SERVER_INTERNAL_URL: `http://127.0.0.1:${network.port}`,
      PORT: String(port),
      BASE_URI: `http://127.0.0.1:${port}`,
      RESOURCE_URL: resource,
      INTROSPECTION_CLIENT_ID: "mcp",
      INTROSPECTION_CLIENT_SECRET: introspectionSecret,
      TOKEN_CACHE_SECONDS: String(TOKEN_CACHE_SECONDS),
    })
    cleanUps.push(mcp.end)
    await untilReady(mcp, managementPort)
  }
  const env = {
    BASE_URL: ports.map((port) => `http://127.0.0.1:${port}`).join(","),
    AUTH_URL: issuer,
    RESOURCE: resource,
    OTHER_RESOURCE,
    CLIENT_ID,
    CLIENT_SECRET: clientSecret,
    TOKEN_CACHE_SECONDS: String(TOKEN_CACHE_SECONDS),
    METRICS_URL: `http://127.0.0.1:${managementPorts[0]}/metrics`,
    EXPIRED_TOKEN: expired.token,
  }
  await pause(Math.max(0, expired.expiredAtMs - Date.now()))
  return { redis, network, auth, env }
}

/** More than the 5 s by which a verifier lets clocks differ. */
const SKEW_MS = 10_000

interface ShortLived {
  issuerPort: number
  authEnv: Record<string, string> & { BASE_URI: string }
  clientSecret: string
  resource: string
}

/** A token of the same authorization server, signed with the same key, that will have expired at that time. */
async function mintShortLived({ issuerPort, authEnv, clientSecret, resource }: ShortLived) {
  const auth = await openAuth(issuerPort, { ...authEnv, ACCESS_TOKEN_TTL_SECONDS: "1" })
  try {
    const token = await issueToken(authEnv.BASE_URI, { clientId: CLIENT_ID, clientSecret }, resource)
    return { token, expiredAtMs: Date.now() + 1000 + SKEW_MS }
  } finally {
    await auth.end()
  }
}

function clientsOf(resource: string, clientSecret: string, introspectionSecret: string): string {
  const client = { client_id: CLIENT_ID, client_secret: clientSecret, grant_types: ["client_credentials"] }
  const resourceServer = { client_id: "mcp", client_secret: introspectionSecret, resources: [resource] }
  return JSON.stringify({ clients: [client], resource_servers: [resourceServer] })
}

function startService(name: "auth" | "mcp", managementPort: number, env: Record<string, string>): RunningProcess {
  const common = { RATE_LIMIT: "off", LOG_LEVEL: "fatal", MANAGEMENT_PORT: String(managementPort) }
  return runNode(["--conditions=source", join(root, `services/${name}/src/main.ts`)], { ...common, ...env })
}

async function openAuth(
  port: number,
  env: Record<string, string>,
): Promise<AuthProcess & { end: () => Promise<unknown> }> {
  const managementPort = await findFreePort()
  let running: RunningProcess
  const start = async () => {
    running = startService("auth", managementPort, { ...env, PORT: String(port) })
    await untilReady(running, managementPort)
  }
  await start()
  return {
    start,
    async kill() {
      running.child.kill("SIGKILL")
      await running.end()
    },
    pause: () => void running.child.kill("SIGSTOP"),
    resume: () => void running.child.kill("SIGCONT"),
    end: () => running.end(),
  }
}
