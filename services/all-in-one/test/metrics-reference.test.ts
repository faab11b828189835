/** docs/metrics.md is what real services expose. After a change: `npx vitest run metrics-reference -u` writes it anew. */
import { join, resolve } from "node:path"
import { authConfigFrom, buildAuthApp, createAuthService, readAuthSettings } from "@gatehouse/auth"
import { authorizationServers, buildMcpApp, mcpConfigFrom, readMcpSettings } from "@gatehouse/mcp"
import { type MetricDescription, type ServiceKit, startServiceKit } from "@gatehouse/service-kit"
import { checkMetrics, type RedisServer, startRedis } from "@gatehouse/test-kit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createMcpService } from "../../mcp/src/mcp-service.ts"
import { allInOneConfigFrom, readAllInOneSettings } from "../src/config.ts"
import { buildAllInOneApp } from "../src/index.ts"
import { openTokenValidation } from "../src/token-validation.ts"

const document = join(resolve(import.meta.dirname, "../../.."), "docs/metrics.md")

const kits: ServiceKit[] = []
let redis: RedisServer
let auth: ServiceKit
let mcp: ServiceKit
let both: ServiceKit

/** The services as their `main.ts` puts them together, each with a Redis. */
async function startKit(name: string, metricPrefixes?: string[]): Promise<ServiceKit> {
  const kit = await startServiceKit(name, {
    logLevel: "silent",
    managementHost: "127.0.0.1",
    managementPort: 0,
    ...(metricPrefixes && { metricPrefixes }),
  })
  kits.push(kit)
  return kit
}

async function startAuth(): Promise<ServiceKit> {
  const kit = await startKit("gatehouse-auth")
  const { deps } = await createAuthService(authConfigFrom(readAuthSettings({ REDIS_URL: redis.url })), kit)
  const app = buildAuthApp(deps)
  kit.onClose(() => app.close())
  await app.ready()
  return kit
}

/** That no authorization server answers makes no difference to what is exposed. */
async function startMcp(): Promise<ServiceKit> {
  const kit = await startKit("gatehouse-mcp")
  const settings = readMcpSettings({
    REDIS_URL: redis.url,
    AUTH_MODE: "external",
    AUTH_SERVER_URL: "http://127.0.0.1:9",
    INTROSPECTION_CLIENT_ID: "mcp",
    INTROSPECTION_CLIENT_SECRET: "reference",
  })
  const parts = { config: mcpConfigFrom(settings), settings, servers: authorizationServers(settings) }
  const app = buildMcpApp(createMcpService(parts, kit).deps)
  kit.onClose(() => app.close())
  await app.ready()
  return kit
}

async function startAllInOne(): Promise<ServiceKit> {
  const kit = await startKit("gatehouse", ["auth", "mcp"])
  const config = allInOneConfigFrom(readAllInOneSettings({ REDIS_URL: redis.url }))
  const authService = await createAuthService(config.auth, kit)
  const { tokens, ...validation } = openTokenValidation(authService, config.mcp, kit)
  const { log, now } = kit
  const mcpDeps = { config: config.mcp, log, now, tokens, ...validation, authorizationServers: tokens.servers }
  const app = buildAllInOneApp(authService.deps, mcpDeps)
  kit.onClose(() => app.close())
  await app.ready()
  return kit
}

beforeAll(async () => {
  redis = await startRedis()
  auth = await startAuth()
  mcp = await startMcp()
  both = await startAllInOne()
})
afterAll(async () => {
  for (const kit of kits) await kit.shutdown("test")
  await redis.stop()
})

/** What differs from build to build is not told by its value. */
const valuesOf = (name: string, values: readonly string[]): string =>
  name.endsWith("_build_info") ? "" : `: ${values.map((value) => `\`${value}\``).join(" ")}`

const labelsOf = ({ name, labels }: MetricDescription): string =>
  Object.entries(labels)
    .map(([label, values]) => `**${label}**${valuesOf(name, values)}`)
    .join("<br>")

const table = (specs: readonly MetricDescription[]): string =>
  `| metric | type | meaning | labels |\n|---|---|---|---|\n${specs
    .map((spec) => `| \`${spec.name}\` | ${spec.type} | ${spec.help} | ${labelsOf(spec)} |`)
    .join("\n")}\n`

const byName = (specs: readonly MetricDescription[], prefix: string) =>
  specs.filter(({ name }) => name.startsWith(prefix)).sort((a, b) => (a.name < b.name ? -1 : 1))

/** Node's own, by what is exposed and was not declared here. */
async function nodeTable({ metrics }: ServiceKit): Promise<string> {
  const { body } = await metrics.expose("prometheus")
  const declared = new Set(metrics.specs().map(({ name }) => name))
  const heads = [...body.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)]
  const rows = heads.filter(([, name = ""]) => !declared.has(name))
  return `| metric | type | meaning |\n|---|---|---|\n${rows
    .map(([, name, help, type]) => `| \`${name}\` | ${type} | ${help} |`)
    .join("\n")}\n`
}

const reference = async (): Promise<string> => `# Metrics

Every service exposes its metrics at \`/metrics\` on its management port (\`MANAGEMENT_PORT\`): OpenMetrics with exemplars for whoever asks
for it, as Prometheus does, and the older Prometheus text for everybody else. This page is written from what running services expose, and
a test holds it to them.

- A label has only the values that stand here, or \`other\`: never a client, a person, a token, an address, or a path as it was sent.
- Counters start at zero in the combinations that a service can meet, so that a first failure is an increase.
- A histogram's exemplars name the trace of its newest observation in each bucket, where traces are recorded (\`OTEL_EXPORTER_OTLP_ENDPOINT\`).
- The all-in-one service exposes the metrics of both services; its one connection to Redis is counted as \`auth_redis_…\`.
- Requests to paths that a service does not have, and those refused before any route (a foreign Host or Origin), are in its log, not here.

## auth

${table(byName(auth.metrics.specs(), "auth_"))}
\`…_redis_…\` are exposed where a Redis is configured. \`auth_signing_key_not_after_timestamp_seconds\` has a value where the first key of
\`SIGNING_KEYS_FILE\` has a member \`exp\`: seconds since 1970, until when you mean to sign with it. Gatehouse does not stop at that time.

## mcp

${table(byName(mcp.metrics.specs(), "mcp_"))}
## Every process

${await nodeTable(auth)}`

describe("metrics", () => {
  it("are documented as the services expose them", async () => {
    await expect(await reference()).toMatchFileSnapshot(document)
  })

  it("are those of both services where both are in one process, with one connection to Redis", () => {
    const namesOf = ({ metrics }: ServiceKit) => metrics.specs().map(({ name }) => name)
    const expected = [...namesOf(auth), ...namesOf(mcp).filter((name) => !name.startsWith("mcp_redis_"))]
    expect(namesOf(both).sort()).toEqual(expected.sort())
  })

  it("are clean by promtool check metrics, in each service", async () => {
    for (const { metrics } of kits) expect(checkMetrics((await metrics.expose("prometheus")).body)).toBe("")
  })

  it("say in their name what they are, and in one sentence what they mean", () => {
    for (const { name, type, help } of kits.flatMap(({ metrics }) => metrics.specs())) {
      expect(name.endsWith("_total"), name).toBe(type === "counter")
      if (type === "histogram") expect(name).toMatch(/_seconds$/)
      expect(help).toMatch(/^[A-Z0-9].*\.$/)
    }
  })
})
