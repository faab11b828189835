/** Both services as processes, with everything that they tell anybody collected: logs, metrics, health, spans, and what is in Redis. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findFreePort, type RedisServer, type SpanReceiver, startRedis, startSpanReceiver } from "@gatehouse/test-kit"
import { Redis } from "ioredis"
import { exportJWK, generateKeyPair } from "jose"
import { type RunningProcess, root, runNode, untilReady } from "../processes.ts"
import { newSecret, type Sink } from "./search.ts"

export const REDIRECT_URI = "https://app.test/callback"

export interface Setting {
  issuer: string
  authPort: number
  mcpUrl: string
  mcpPort: number
  managementPorts: readonly number[]
  redis: RedisServer
  auth: RunningProcess
  /** What the operator knows, by where it stands. */
  operators: Readonly<Record<string, string>>
  clientSecret: string
  introspectionSecret: string
  /** Everything that was told so far. */
  sinks(): Promise<Sink[]>
  stop(): Promise<void>
}

export async function startSetting(): Promise<Setting> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-secrets-"))
  const [redisPassword, clientSecret, introspectionSecret] = [newSecret(), newSecret(), newSecret()]
  const [requestStateKey, collectorKey] = [newSecret(), newSecret()]
  const redis = await startRedis({ config: `requirepass ${redisPassword}` })
  const collector = await startSpanReceiver()
  const [authPort, mcpPort] = [await findFreePort(), await findFreePort()]
  const [authManagement, mcpManagement] = [await findFreePort(), await findFreePort()]
  const [issuer, origin] = [`http://127.0.0.1:${authPort}`, `http://127.0.0.1:${mcpPort}`]
  const clients = {
    clients: [
      { client_id: "nightly", client_secret: clientSecret, grant_types: ["client_credentials"] },
      { client_id: "app", redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "none" },
    ],
    resource_servers: [{ client_id: "mcp", client_secret: introspectionSecret, resources: [`${origin}/mcp`] }],
  }
  const { privateKey } = await generateKeyPair("ES256", { extractable: true })
  const signingKey = { ...(await exportJWK(privateKey)), kid: "first", alg: "ES256" }
  const files = { clients: join(directory, "clients.json"), keys: join(directory, "keys.json") }
  await writeFile(files.clients, JSON.stringify(clients))
  await writeFile(files.keys, JSON.stringify({ keys: [signingKey] }))
  const common = {
    REDIS_URL: `redis://:${encodeURIComponent(redisPassword)}@127.0.0.1:${redis.port}`,
    LOG_LEVEL: "trace",
    DEBUG: "*,-nothing", // what libraries print for themselves; "*" alone would be a level of our own log
    RATE_LIMIT: "off",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${encodeURIComponent(collectorKey)}`,
    OTEL_BSP_SCHEDULE_DELAY: "50",
  }
  const run = (name: string, env: Record<string, string>) =>
    runNode(["--conditions=source", join(root, `services/${name}/src/main.ts`)], { ...common, ...env })
  const auth = run("auth", {
    PORT: String(authPort),
    MANAGEMENT_PORT: String(authManagement),
    BASE_URI: issuer,
    RESOURCES: `${origin}/mcp`,
    CLIENTS_FILE: files.clients,
    SIGNING_KEYS_FILE: files.keys,
  })
  await untilReady(auth, authManagement)
  const mcp = run("mcp", {
    PORT: String(mcpPort),
    MANAGEMENT_PORT: String(mcpManagement),
    BASE_URI: origin,
    AUTH_MODE: "external",
    AUTH_SERVER_URL: issuer,
    INTROSPECTION_CLIENT_ID: "mcp",
    INTROSPECTION_CLIENT_SECRET: introspectionSecret,
    REQUEST_STATE_KEY: requestStateKey,
  })
  await untilReady(mcp, mcpManagement)
  const managementPorts = [authManagement, mcpManagement]
  return {
    issuer,
    authPort,
    mcpUrl: `${origin}/mcp`,
    mcpPort,
    managementPorts,
    redis,
    auth,
    operators: {
      "REDIS_URL, its password": redisPassword,
      "CLIENTS_FILE, client_secret": clientSecret,
      INTROSPECTION_CLIENT_SECRET: introspectionSecret,
      "SIGNING_KEYS_FILE, d": String(signingKey.d),
      REQUEST_STATE_KEY: requestStateKey,
      OTEL_EXPORTER_OTLP_HEADERS: collectorKey,
    },
    clientSecret,
    introspectionSecret,
    async sinks() {
      return [
        { name: "the log of auth", text: auth.output() },
        { name: "the log of mcp", text: mcp.output() },
        ...(await managementSinks(managementPorts)),
        ...spanSinks(collector),
        { name: "Redis", text: await dump(redis.port, redisPassword) },
      ]
    },
    async stop() {
      await Promise.all([mcp.end(), auth.end()])
      await Promise.all([collector.close(), redis.stop(), rm(directory, { recursive: true })])
    },
  }
}

const PAGES = [
  { path: "/metrics" },
  { path: "/metrics", accept: "application/openmetrics-text" },
  { path: "/health" },
  { path: "/health", accept: "text/html" },
  { path: "/readyz" },
]

/** Of the processes that still run. */
async function managementSinks(ports: readonly number[]): Promise<Sink[]> {
  const sinks: Sink[] = []
  for (const port of ports)
    for (const { path, accept = "*/*" } of PAGES) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept } }).catch(() => undefined)
      if (answer) sinks.push({ name: `${path} (${accept})`, text: await answer.text() })
    }
  return sinks
}

/** As they were sent, and decoded: what is packed by the encoding stands in the latter. What the exporter says beside them is for the collector alone. */
const spanSinks = (collector: SpanReceiver): Sink[] => [
  { name: "spans as sent", text: collector.bytes().toString("latin1") },
  { name: "spans", text: JSON.stringify(collector.spans()) },
  {
    name: "paths of the collector",
    text: collector
      .requests()
      .map(({ path }) => path)
      .join("\n"),
  },
]

/** Every key with its value; "" while Redis is down. */
async function dump(port: number, password: string): Promise<string> {
  const redis = new Redis({ port, password, lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 })
  redis.on("error", () => {})
  try {
    await redis.connect()
    const lines: string[] = []
    for (const key of await redis.keys("*")) {
      const type = await redis.type(key)
      lines.push(`${key} ${type} ${JSON.stringify(await contentOf(redis, key, type))}`)
    }
    return lines.join("\n")
  } catch {
    return ""
  } finally {
    redis.disconnect()
  }
}

function contentOf(redis: Redis, key: string, type: string): Promise<unknown> {
  if (type === "string") return redis.get(key)
  if (type === "hash") return redis.hgetall(key)
  if (type === "zset") return redis.zrange(key, "0", "-1")
  if (type === "stream") return redis.xrange(key, "-", "+")
  if (type === "set") return redis.smembers(key)
  if (type === "list") return redis.lrange(key, 0, -1)
  throw new Error(`${key} is a ${type}, which nobody reads here`)
}
