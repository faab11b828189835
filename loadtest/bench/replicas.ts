/** Replicas of the MCP service behind one authorization server and one Redis, all of them as they run: what a request costs them together. */
import { randomBytes } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { askRedis, findFreePort, startRedis } from "@gatehouse/test-kit"
import { type RunningProcess, root, runNode, untilReady } from "../../services/all-in-one/test/processes.ts"
import { issueToken } from "../all/issue-token.ts"
import type { Contestant } from "./contest.ts"
import { send } from "./load.ts"
import { cpuMsOf } from "./processor-time.ts"
import { pin } from "./server-process.ts"
import { callOfEcho } from "./servers/echo-call.ts"

/** So often a token is used, at whichever replica: the first time at each it is not known there. */
const CALLS_PER_TOKEN = 25
const CONNECTIONS = 32
/** At each replica, before anything is measured: until its code is compiled. */
const WARM_UP_REQUESTS = 5000
const resource = "http://127.0.0.1:3232/mcp"
const right = { status: 200, contains: "Echo: hello" }

interface Parts {
  directory: string
  redisUrl: string
  clientSecret: string
  introspectionSecret: string
  cleanUp(end: () => Promise<unknown>): void
  measure(pid: number | undefined): void
}

/** Their processor time is that of all processes: the replicas, the authorization server, Redis. */
export async function startReplicas(name: string, count: number): Promise<Contestant> {
  const cleanUps: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp()
  }
  try {
    return { ...(await startParts(name, count, cleanUps)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startParts(
  name: string,
  count: number,
  cleanUps: (() => Promise<unknown>)[],
): Promise<Omit<Contestant, "stop">> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-replicas-"))
  cleanUps.push(() => rm(directory, { recursive: true, force: true }))
  const redis = await startRedis()
  cleanUps.push(() => redis.stop())
  const pids = [Number(/process_id:(\d+)/.exec(await askRedis(redis.port, "INFO", "server"))?.[1])]
  const secret = () => randomBytes(32).toString("base64url")
  const parts: Parts = {
    directory,
    redisUrl: redis.url,
    clientSecret: secret(),
    introspectionSecret: secret(),
    cleanUp: (end) => void cleanUps.push(end),
    measure: (pid) => void (pid !== undefined && pids.push(pid)),
  }
  const issuer = await startAuth(parts)
  const ports: number[] = []
  for (let i = 0; i < count; i++) ports.push(await startMcp(issuer, parts))
  for (const pid of pids) pin(pid, 0)

  const client = { clientId: "robot", clientSecret: parts.clientSecret }
  let tokens: string[] = []
  const prepare = async (requests: number) => {
    tokens = []
    while (tokens.length < requests / CALLS_PER_TOKEN) tokens.push(await issueToken(issuer, client, resource))
  }
  const work = async (requests: number) => {
    const [share, connections] = [Math.ceil(requests / count), Math.ceil(CONNECTIONS / count)]
    // Each begins at another token: a token that is cold everywhere is asked about once, as in a day's traffic.
    const ahead = Math.ceil(tokens.length / count)
    const targets = ports.map((port, place) => ({
      name,
      port,
      right,
      loadOf: (number: number) =>
        callOfEcho(`http://127.0.0.1:${port}`, tokens[(number + place * ahead) % tokens.length] ?? ""),
    }))
    await Promise.all(targets.map((target) => send(target, { requests: share, connections })))
  }
  await prepare(WARM_UP_REQUESTS)
  await work(WARM_UP_REQUESTS * count)
  return { name, prepare, work, cpuMs: async () => pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0) }
}

async function startAuth(parts: Parts): Promise<string> {
  const { directory, clientSecret: client_secret, introspectionSecret } = parts
  const port = await findFreePort()
  const clientsFile = join(directory, "clients.json")
  const clients = [{ client_id: "robot", client_secret, grant_types: ["client_credentials"] }]
  const resourceServers = [{ client_id: "mcp", client_secret: introspectionSecret, resources: [resource] }]
  await writeFile(clientsFile, JSON.stringify({ clients, resource_servers: resourceServers }))
  const issuer = `http://127.0.0.1:${port}`
  const about = { PORT: String(port), BASE_URI: issuer, RESOURCES: resource, CLIENTS_FILE: clientsFile }
  await startService("auth", about, parts)
  return issuer
}

async function startMcp(issuer: string, parts: Parts): Promise<number> {
  const port = await findFreePort()
  const about = {
    PORT: String(port),
    BASE_URI: `http://127.0.0.1:${port}`,
    AUTH_MODE: "external",
    AUTH_SERVER_URL: issuer,
    RESOURCE_URL: resource,
    INTROSPECTION_CLIENT_ID: "mcp",
    INTROSPECTION_CLIENT_SECRET: parts.introspectionSecret,
  }
  await startService("mcp", about, parts)
  return port
}

async function startService(
  name: "auth" | "mcp",
  about: Record<string, string>,
  { redisUrl, cleanUp, measure }: Parts,
): Promise<void> {
  const managementPort = await findFreePort()
  const service: RunningProcess = runNode(
    ["--conditions=source", join(root, `services/${name}/src/main.ts`)],
    // Its lines would fill the memory of this process; refusals are none of this measurement.
    { REDIS_URL: redisUrl, RATE_LIMIT: "off", LOG_LEVEL: "warn", MANAGEMENT_PORT: String(managementPort), ...about },
  )
  cleanUp(service.end)
  await untilReady(service, managementPort)
  measure(service.child.pid)
}
