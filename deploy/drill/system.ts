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
import { exportJWK, generateKeyPair, type JWK } from "jose"
import { type RunningProcess, root, runNode, untilReady } from "../../services/all-in-one/test/processes.ts"
import { createHttpFaultProxy, type HttpFaultProxy } from "./http-faults.ts"

interface Service {
  readonly running: RunningProcess
  /** Starts it anew, with more settings, and ends what ran before. */
  restart(more?: Record<string, string>): Promise<void>
  kill(): Promise<void>
}

export interface System {
  /** The authorization server, without any fault between. */
  issuer: string
  mcpUrl: string
  redis: RedisServer
  auth: Service
  mcp: Service
  /** What stands between each two. */
  between: {
    clientsAndAuth: HttpFaultProxy
    mcpAndAuth: HttpFaultProxy
    mcpAndRedis: FaultProxy
    authAndRedis: FaultProxy
  }
  /** Of the client `nightly`. */
  clientSecret: string
  /** Of the resource server `mcp`. */
  introspectionSecret: string
  /** The authorization server's keys are replaced by a new one, at once. */
  replaceKeys(end?: { inSeconds: number }): Promise<void>
  /** The same key, of which it is known from now on when it ends; undefined: it does not. */
  endKeys(inSeconds?: number): Promise<void>
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
  const [mcpPort, mcpManagement] = [await findFreePort(), await findFreePort()]
  // Whoever asks the authorization server asks these, whichever process is behind them.
  const front = { service: await createHttpFaultProxy(0), management: await createHttpFaultProxy(0) }
  closers.push(front.service.close, front.management.close)
  const [issuer, origin] = [front.service.url, `http://127.0.0.1:${mcpPort}`]
  const mcpAndAuth = await createHttpFaultProxy(portOf(issuer))
  closers.push(mcpAndAuth.close)
  const files = { keys: join(directory, "keys.json"), clients: join(directory, "clients.json") }
  const secrets = { clientSecret: secret(), introspectionSecret: secret() }
  await writeFile(files.clients, clientsFile({ resource: `${origin}/mcp`, ...secrets }))
  let key = await newKey()
  await writeFile(files.keys, keySet(key))

  const auth = await createReplaceable(
    { name: "auth", directory, front },
    {
      BASE_URI: issuer,
      RESOURCES: `${origin}/mcp`,
      CLIENTS_FILE: files.clients,
      SIGNING_KEYS_FILE: files.keys,
      REDIS_URL: `redis://127.0.0.1:${authAndRedis.port}`,
    },
  )
  closers.push(auth.kill)
  const mcp = await createService(
    { name: "mcp", directory },
    {
      PORT: String(mcpPort),
      MANAGEMENT_PORT: String(mcpManagement),
      BASE_URI: origin,
      RATE_LIMIT: "off", // all who call come from here
      AUTH_MODE: "external",
      AUTH_SERVER_URL: issuer,
      AUTH_SERVER_INTERNAL_URL: mcpAndAuth.url,
      INTROSPECTION_CLIENT_ID: "mcp",
      INTROSPECTION_CLIENT_SECRET: secrets.introspectionSecret,
      TOKEN_CACHE_SECONDS: "2", // so that it asks all the time, as many clients would make it do
      REDIS_URL: `redis://127.0.0.1:${mcpAndRedis.port}`,
    },
  )
  closers.push(mcp.kill)
  return {
    issuer,
    mcpUrl: `${origin}/mcp`,
    redis,
    auth,
    mcp,
    between: { clientsAndAuth: front.service, mcpAndAuth, mcpAndRedis, authAndRedis },
    ...secrets,
    async replaceKeys(end) {
      key = await newKey()
      await writeFile(files.keys, keySet(key, end?.inSeconds))
      await auth.restart()
    },
    async endKeys(inSeconds) {
      await writeFile(files.keys, keySet(key, inSeconds))
      await auth.restart()
    },
    targets: { auth: new URL(front.management.url).host, mcp: `127.0.0.1:${mcpManagement}` },
  }
}

const portOf = (url: string): number => Number(new URL(url).port)

interface Place {
  name: string
  /** Goes with the process, should the drill die. */
  directory: string
}

async function startProcess({ name, directory }: Place, env: Record<string, string>): Promise<RunningProcess> {
  const main = join(root, `services/${name}/src/main.ts`)
  const running = runNode(["--conditions=source", main], { LOG_LEVEL: "warn", ...env })
  watchOver(running.child, { directory })
  await untilReady(running, Number(env["MANAGEMENT_PORT"]))
  return running
}

const hasEnded = ({ child }: RunningProcess): boolean => child.exitCode !== null || child.signalCode !== null

async function killProcess(running: RunningProcess): Promise<void> {
  if (hasEnded(running)) return
  const ended = new Promise((resolve) => running.child.once("exit", resolve))
  running.child.kill("SIGKILL")
  await ended
}

async function createService(place: Place, env: Record<string, string>): Promise<Service> {
  let running = await startProcess(place, env)
  return {
    get running() {
      return running
    },
    async restart(more = {}) {
      if (!hasEnded(running)) await running.end()
      running = await startProcess(place, { ...env, ...more })
    },
    kill: () => killProcess(running),
  }
}

interface ReplaceablePlace extends Place {
  front: { service: HttpFaultProxy; management: HttpFaultProxy }
}

/** A rolling update: the new process is ready before the old one is told to end, so that a change of its files is no outage. */
async function createReplaceable(place: ReplaceablePlace, env: Record<string, string>): Promise<Service> {
  const start = async (more: Record<string, string> = {}) => {
    const [port, managementPort] = [await findFreePort(), await findFreePort()]
    const ports = { PORT: String(port), MANAGEMENT_PORT: String(managementPort) }
    const started = await startProcess(place, { ...env, ...more, ...ports })
    place.front.service.targetPort = port
    place.front.management.targetPort = managementPort
    return started
  }
  let running = await start()
  return {
    get running() {
      return running
    },
    async restart(more) {
      const before = running
      running = await start(more)
      if (!hasEnded(before)) await before.end()
    },
    kill: () => killProcess(running),
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

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: secret(), alg: "ES256" }
}

function keySet(key: JWK, endsInSeconds?: number): string {
  const end = endsInSeconds !== undefined && { exp: Math.floor(Date.now() / 1000) + endsInSeconds }
  return JSON.stringify({ keys: [{ ...key, ...end }] })
}
