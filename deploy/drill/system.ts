/** Gatehouse as it runs in production, small: both services and Redis as processes on loopback, with a faulty network between. */
import { randomBytes } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  createFaultProxy,
  type FaultProxy,
  findFreePort,
  type RedisServer,
  startRedis,
  watchOver,
} from "@gatehouse/test-kit"
import { exportJWK, generateKeyPair } from "jose"
import { type RunningProcess, root, runNode, untilReady } from "../../services/all-in-one/test/processes.ts"
import { createHttpFaultProxy, type HttpFaultProxy } from "./http-faults.ts"

interface Service {
  readonly running: RunningProcess
  /** Starts it anew, with more settings; ends it first where it runs. */
  restart(more?: Record<string, string>): Promise<void>
  kill(): Promise<void>
}

export interface System {
  /** The authorization server, without anything between. */
  issuer: string
  mcpUrl: string
  redis: RedisServer
  auth: Service
  mcp: Service
  /** What stands between each two. */
  between: { mcpAndAuth: HttpFaultProxy; mcpAndRedis: FaultProxy; authAndRedis: FaultProxy }
  /** Of the client `nightly`. */
  clientSecret: string
  /** Of the resource server `mcp`. */
  introspectionSecret: string
  /** The authorization server's keys are replaced by a new one, at once. */
  replaceKeys(end?: { inSeconds: number }): Promise<void>
  /** Where /metrics is, by job. */
  targets: { auth: string; mcp: string }
  stop(): Promise<void>
}

/** Of the public client `app`. Nobody listens there. */
export const REDIRECT_URI = "http://127.0.0.1:9/callback"

const secret = () => randomBytes(32).toString("base64url")

export async function startSystem(): Promise<System> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-drill-"))
  const closers: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })]
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    return { ...(await startParts(directory, closers)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startParts(directory: string, closers: (() => Promise<unknown>)[]): Promise<Omit<System, "stop">> {
  const redis = await startRedis()
  closers.push(redis.stop)
  const [mcpAndRedis, authAndRedis] = [await createFaultProxy(redis), await createFaultProxy(redis)]
  closers.push(mcpAndRedis.close.bind(mcpAndRedis), authAndRedis.close.bind(authAndRedis))
  const [authPort, mcpPort] = [await findFreePort(), await findFreePort()]
  const [authManagement, mcpManagement] = [await findFreePort(), await findFreePort()]
  const [issuer, origin] = [`http://127.0.0.1:${authPort}`, `http://127.0.0.1:${mcpPort}`]
  const mcpAndAuth = await createHttpFaultProxy(authPort)
  closers.push(mcpAndAuth.close)
  const files = { keys: join(directory, "keys.json"), clients: join(directory, "clients.json") }
  const secrets = { clientSecret: secret(), introspectionSecret: secret() }
  await writeFile(files.clients, clientsFile({ resource: `${origin}/mcp`, ...secrets }))
  await writeFile(files.keys, await newKeys())

  const authPlace = { name: "auth", managementPort: authManagement, directory }
  const auth = await createService(authPlace, {
    PORT: String(authPort),
    BASE_URI: issuer,
    RESOURCES: `${origin}/mcp`,
    CLIENTS_FILE: files.clients,
    SIGNING_KEYS_FILE: files.keys,
    REDIS_URL: `redis://127.0.0.1:${authAndRedis.port}`,
  })
  closers.push(auth.kill)
  const mcpPlace = { name: "mcp", managementPort: mcpManagement, directory }
  const mcp = await createService(mcpPlace, {
    PORT: String(mcpPort),
    BASE_URI: origin,
    RATE_LIMIT: "off", // all who call come from here
    AUTH_MODE: "external",
    AUTH_SERVER_URL: issuer,
    AUTH_SERVER_INTERNAL_URL: mcpAndAuth.url,
    INTROSPECTION_CLIENT_ID: "mcp",
    INTROSPECTION_CLIENT_SECRET: secrets.introspectionSecret,
    TOKEN_CACHE_SECONDS: "2", // so that it asks all the time, as many clients would make it do
    REDIS_URL: `redis://127.0.0.1:${mcpAndRedis.port}`,
  })
  closers.push(mcp.kill)
  return {
    issuer,
    mcpUrl: `${origin}/mcp`,
    redis,
    auth,
    mcp,
    between: { mcpAndAuth, mcpAndRedis, authAndRedis },
    ...secrets,
    async replaceKeys(end) {
      await writeFile(files.keys, await newKeys(end))
      await auth.restart()
    },
    targets: { auth: `127.0.0.1:${authManagement}`, mcp: `127.0.0.1:${mcpManagement}` },
  }
}

interface Place {
  name: string
  managementPort: number
  /** Goes with the process, should the drill die. */
  directory: string
}

async function createService(
  { name, managementPort, directory }: Place,
  env: Record<string, string>,
): Promise<Service> {
  const start = async (more: Record<string, string>): Promise<RunningProcess> => {
    const main = join(root, `services/${name}/src/main.ts`)
    const running = runNode(["--conditions=source", main], {
      LOG_LEVEL: "warn",
      ...env,
      ...more,
      MANAGEMENT_PORT: String(managementPort),
    })
    watchOver(running.child, { directory })
    await untilReady(running, managementPort)
    return running
  }
  const hasEnded = ({ child }: RunningProcess) => child.exitCode !== null || child.signalCode !== null
  let running = await start({})
  const kill = async () => {
    if (hasEnded(running)) return
    const ended = new Promise((resolve) => running.child.once("exit", resolve))
    running.child.kill("SIGKILL")
    await ended
  }
  return {
    get running() {
      return running
    },
    async restart(more = {}) {
      if (!hasEnded(running)) await running.end()
      running = await start(more)
    },
    kill,
  }
}

const clientsFile = (of: { resource: string; clientSecret: string; introspectionSecret: string }): string =>
  JSON.stringify({
    clients: [
      { client_id: "nightly", client_secret: of.clientSecret, grant_types: ["client_credentials"] },
      { client_id: "app", redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "none" },
    ],
    resource_servers: [{ client_id: "mcp", client_secret: of.introspectionSecret, resources: [of.resource] }],
  })

async function newKeys(end?: { inSeconds: number }): Promise<string> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true })
  const exp = end && Math.floor(Date.now() / 1000) + end.inSeconds
  return JSON.stringify({
    keys: [{ ...(await exportJWK(privateKey)), kid: secret(), alg: "ES256", ...(exp && { exp }) }],
  })
}
