/** Two replicas of each service on one Redis, each pair behind a load balancer, and what calls them without a pause. */
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findFreePort, type RedisServer, startRedis, watchOver } from "@gatehouse/test-kit"
import { rpcOf, sendModern } from "../../mcp/test/messages.ts"
import { type Backend, type Balancer, type Layer, startBalancer } from "./balancer.ts"
import { type RunningProcess, root, runNode, untilReady } from "./processes.ts"

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  /** From the signal to the end. */
  ms: number
}

interface Replica extends Backend {
  name: string
  running: RunningProcess
  start(): Promise<void>
}

const secret = () => randomBytes(32).toString("base64url")

/** Sends SIGTERM; resolves when the process has ended. */
export async function endBySignal({ child }: { child: ChildProcess }): Promise<Ended> {
  const started = performance.now()
  child.kill("SIGTERM")
  const [code, signal] = await once(child, "exit")
  return { code, signal, ms: Math.round(performance.now() - started) }
}

/** A service's process that can be started again, on the same ports. */
async function createReplica(name: string, main: string, env: Record<string, string>): Promise<Replica> {
  const [port, managementPort] = [await findFreePort(), await findFreePort()]
  const run = () => {
    const running = runNode(["--conditions=source", join(root, main)], {
      RATE_LIMIT: "off",
      LOG_LEVEL: "warn",
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      ALLOWED_HOSTS: `127.0.0.1:${port}`, // its own name, for who asks it without the load balancer
      ...env,
    })
    watchOver(running.child)
    return running
  }
  const replica: Replica = {
    name,
    port,
    managementPort,
    running: run(),
    async start() {
      replica.running = run()
      await untilReady(replica.running, managementPort)
    },
  }
  return replica
}

interface Tier {
  replicas: Replica[]
  balancer: Balancer
  /** One more, outside the load balancer, with settings of its own. */
  another(env: Record<string, string>): Promise<Replica>
}

export interface Cluster {
  redis: RedisServer
  mcp: Tier
  auth: Tier
  /** One request of a client, with `fetch`: throws unless it is answered as it should be. */
  call(token: string, port?: number): Promise<void>
  requestToken(): Promise<string>
  introspect(token: string): Promise<void>
  stop(): Promise<void>
}

/** @param env of every process */
export async function startCluster(env: Record<string, string>): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-replicas-"))
  const redis = await startRedis()
  const [authPort, mcpPort] = [await findFreePort(), await findFreePort()]
  const [issuer, origin] = [`http://127.0.0.1:${authPort}`, `http://127.0.0.1:${mcpPort}`]
  const [clientSecret, introspectionSecret] = [secret(), secret()]
  const clientsFile = join(directory, "clients.json")
  await writeFile(
    clientsFile,
    JSON.stringify({
      clients: [{ client_id: "nightly", client_secret: clientSecret, grant_types: ["client_credentials"] }],
      resource_servers: [{ client_id: "mcp", client_secret: introspectionSecret, resources: [`${origin}/mcp`] }],
    }),
  )
  const common = { REDIS_URL: redis.url, ...env }
  const authEnv = { ...common, BASE_URI: issuer, RESOURCES: `${origin}/mcp`, CLIENTS_FILE: clientsFile }
  const mcpEnv = {
    ...common,
    AUTH_MODE: "external",
    AUTH_SERVER_URL: issuer,
    BASE_URI: origin,
    INTROSPECTION_CLIENT_ID: "mcp",
    INTROSPECTION_CLIENT_SECRET: introspectionSecret,
    TOKEN_CACHE_SECONDS: "1", // so that the authorization server is asked all the time
  }
  const replicas: Replica[] = []
  const create = async (name: string, env: Record<string, string>) => {
    const replica = await createReplica(`${name} ${replicas.length}`, `services/${name}/src/main.ts`, env)
    replicas.push(replica)
    return replica
  }
  const startTier = async (
    name: string,
    env: Record<string, string>,
    [layer, port]: [Layer, number],
  ): Promise<Tier> => {
    const pair = [await create(name, env), await create(name, env)]
    const another = (own: Record<string, string>) => create(name, { ...env, ...own })
    return { replicas: pair, balancer: await startBalancer(pair, layer, port), another }
  }
  const untilAllReady = async ({ replicas: own, balancer }: Tier) => {
    await Promise.all(own.map(({ running, managementPort }) => untilReady(running, managementPort)))
    await balancer.untilAllReady()
  }
  const auth = await startTier("auth", authEnv, ["connections", authPort])
  const mcp = await startTier("mcp", mcpEnv, ["requests", mcpPort])
  await Promise.all([untilAllReady(auth), untilAllReady(mcp)])

  const post = (path: string, user: string, form: Record<string, string>) =>
    fetch(issuer + path, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(user)}` },
      body: new URLSearchParams(form),
    })
  const bodyOf = async (answer: Response): Promise<Record<string, unknown>> => {
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${answer.status} ${text}`)
    return JSON.parse(text)
  }
  return {
    redis,
    mcp,
    auth,
    async call(token, port = mcpPort) {
      const params = { name: "echo", arguments: { message: "hello" } }
      const answer = await sendModern(`http://127.0.0.1:${port}/mcp`, { token, method: "tools/call", params })
      if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
      const { result, error } = await rpcOf(answer)
      if (result?.["content"] === undefined) throw new Error(JSON.stringify(error))
    },
    async requestToken() {
      const form = { grant_type: "client_credentials" }
      return String((await bodyOf(await post("/token", `nightly:${clientSecret}`, form)))["access_token"])
    },
    async introspect(token) {
      const { active } = await bodyOf(await post("/introspect", `mcp:${introspectionSecret}`, { token }))
      if (active !== true) throw new Error(`a good token is said to be active: ${active}`)
    },
    async stop() {
      await Promise.all(replicas.map(({ running }) => running.end()))
      await Promise.all([auth.balancer.close(), mcp.balancer.close()])
      await redis.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export interface Load {
  answered: Record<string, number>
  /** What went wrong, in words. */
  failures: string[]
  stop(): Promise<void>
}

/** Begins each kind of request at its pace, whatever becomes of those before it. */
export function startLoad(kinds: Record<string, { everyMs: number; request: () => Promise<unknown> }>): Load {
  const answered: Record<string, number> = {}
  const failures: string[] = []
  const open = new Set<Promise<void>>()
  const began = performance.now()
  const timers = Object.entries(kinds).map(([kind, { everyMs, request }]) => {
    return setInterval(() => {
      const at = Math.round(performance.now() - began)
      const one = request().then(
        () => {
          answered[kind] = (answered[kind] ?? 0) + 1
        },
        (error) => void failures.push(`${kind} at ${at} ms: ${error} ${error?.cause ?? ""}`),
      )
      open.add(one)
      void one.then(() => open.delete(one))
    }, everyMs)
  })
  return {
    answered,
    failures,
    async stop() {
      for (const timer of timers) clearInterval(timer)
      await Promise.all(open)
    },
  }
}
