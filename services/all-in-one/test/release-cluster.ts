/** Both services as a chart runs them: in production, on credentials that the Job made, under names that are not those of the issuer and the resource. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findFreePort, type RedisServer, startRedis } from "@gatehouse/test-kit"
import { missingCredentials, parseCredentialPlan } from "../../shared/release/src/credentials.ts"
import { type RunningProcess, root, runNode, untilReady } from "./processes.ts"

export interface ReleaseCluster {
  redis: RedisServer
  issuer: string
  resource: string
  /** Where the issuer is reached. */
  authUrl: string
  /** Where the endpoint is reached. */
  mcpUrl: string
  credentials: Readonly<Record<string, string>>
  redisEnvironment: Record<string, string>
  mcpEnvironment: Record<string, string>
  stop(): Promise<void>
}

const plan = parseCredentialPlan(
  JSON.stringify({
    "introspection-client-secret": "password",
    "signing-keys.json": "signing-keys",
    "clients.json": "test-client",
    "redis-password": "password",
    "request-state-key": "password",
  }),
)

/** The environment of a service that is reached by another name than its own. */
export async function startReleaseCluster(): Promise<ReleaseCluster> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-release-"))
  const credentials = missingCredentials(plan, {}, "helm-test")
  const fileOf = async (key: string): Promise<string> => {
    const path = join(directory, key)
    await writeFile(path, credentials[key] ?? "")
    return path
  }
  const password = credentials["redis-password"] ?? ""
  const redis = await startRedis({ config: `requirepass ${password}` })
  const [issuer, resource] = ["https://auth.example.com", "https://mcp.example.com/mcp"]
  const redisEnvironment = { REDIS_URL: redis.url, REDIS_PASSWORD: password }
  const [authPort, authManagement] = [await findFreePort(), await findFreePort()]
  const [mcpPort, mcpManagement] = [await findFreePort(), await findFreePort()]
  const authUrl = `http://127.0.0.1:${authPort}`
  const introspection = {
    INTROSPECTION_CLIENT_ID: "mcp",
    INTROSPECTION_CLIENT_SECRET: credentials["introspection-client-secret"] ?? "",
  }
  const common = { NODE_ENV: "production", ...redisEnvironment, ...introspection }
  const mcpEnvironment = {
    ...common,
    AUTH_MODE: "external",
    AUTH_SERVER_URL: issuer,
    AUTH_SERVER_INTERNAL_URL: authUrl,
    BASE_URI: "https://mcp.example.com",
    REQUEST_STATE_KEY: credentials["request-state-key"] ?? "",
    ALLOWED_HOSTS: `127.0.0.1:${mcpPort}`,
  }
  const run = (service: string, env: Record<string, string>): RunningProcess =>
    runNode(["--conditions=source", join(root, `services/${service}/src/main.ts`)], env)
  const auth = run("auth", {
    ...common,
    PORT: String(authPort),
    MANAGEMENT_PORT: String(authManagement),
    BASE_URI: issuer,
    RESOURCES: resource,
    SIGNING_KEYS_FILE: await fileOf("signing-keys.json"),
    CLIENTS_FILE: await fileOf("clients.json"),
    ALLOW_DEMO_IDENTITY: "true",
  })
  const mcp = run("mcp", { ...mcpEnvironment, PORT: String(mcpPort), MANAGEMENT_PORT: String(mcpManagement) })
  await Promise.all([untilReady(auth, authManagement), untilReady(mcp, mcpManagement)])
  return {
    redis,
    issuer,
    resource,
    authUrl,
    mcpUrl: `http://127.0.0.1:${mcpPort}/mcp`,
    credentials,
    redisEnvironment,
    mcpEnvironment,
    async stop() {
      await Promise.all([auth.end(), mcp.end()])
      await redis.stop()
      await rm(directory, { recursive: true })
    },
  }
}
