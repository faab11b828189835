/** What a chart gives its service, judged by the service's own readers: a chart that renders an environment which the service refuses fails here. */
import { authConfigFrom, authSettings, readAuthSettings } from "@gatehouse/auth"
import { authorizationServers, mcpConfigFrom, mcpSettings, readMcpSettings } from "@gatehouse/mcp"
import { describe, expect, it } from "vitest"
import { at, baseOf, CHARTS, type Chart, cases, merged, type Values } from "./charts.ts"
import { environmentOf } from "./service-environment.ts"

const tables = { auth: authSettings, mcp: mcpSettings }
/** Of the OpenTelemetry specification, as far as charts have values for them (service-kit/src/tracing reads them). */
const TRACES = [
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_EXPORTER_OTLP_PROTOCOL",
  "OTEL_RESOURCE_ATTRIBUTES",
  "OTEL_SERVICE_NAME",
  "OTEL_TRACES_SAMPLER",
  "OTEL_TRACES_SAMPLER_ARG",
  // Ours, for OTEL_RESOURCE_ATTRIBUTES to refer to.
  "K8S_NAMESPACE",
  "K8S_NODE",
  "K8S_POD",
]

/** As `main.ts` of each service does before it opens anything. */
const start: Record<Chart, (env: NodeJS.ProcessEnv) => unknown> = {
  auth: (env) => authConfigFrom(readAuthSettings(env)),
  mcp: (env) => {
    const settings = readMcpSettings(env)
    return { config: mcpConfigFrom(settings), servers: authorizationServers(settings) }
  },
}

function unknownNames(chart: Chart, names: readonly string[], values: Values): string[] {
  const table = tables[chart] as Record<string, { secret?: boolean }>
  const known = Object.entries(table).flatMap(([name, { secret }]) => (secret ? [name, `${name}_FILE`] : [name]))
  const extra = ((values["extraEnv"] ?? []) as { name: string }[]).map(({ name }) => name)
  return names.filter((name) => ![...known, ...TRACES, ...extra].includes(name))
}

describe.each(cases)("$chart with $name", ({ chart, values }) => {
  it("gives only variables that the service has", async () => {
    const { names } = await environmentOf(chart, values)
    expect(unknownNames(chart, names, values)).toEqual([])
  })

  it("gives an environment that the service starts with", async () => {
    const { env } = await environmentOf(chart, values)
    expect(() => start[chart](env)).not.toThrow()
  })

  it("listens where its ports, probes and Services say", async () => {
    const { env, container } = await environmentOf(chart, values)
    const settings = chart === "auth" ? readAuthSettings(env) : readMcpSettings(env)
    const portOf = (name: string) => container.ports?.find((each) => each.name === name)?.containerPort
    expect([settings.PORT, settings.MANAGEMENT_PORT]).toEqual([portOf("http"), portOf("metrics")])
    expect([settings.HOST, settings.MANAGEMENT_HOST]).toEqual(["0.0.0.0", "0.0.0.0"])
  })
})

describe("the first five minutes", () => {
  it("lead the second release to the first: its issuer, its address, its Redis and its secrets", async () => {
    const auth = await environmentOf("auth", {})
    const mcp = await environmentOf("mcp", { authServer: { release: "auth" } })
    expect(mcp.env["AUTH_SERVER_URL"]).toBe(auth.env["BASE_URI"])
    expect(mcp.env["AUTH_SERVER_INTERNAL_URL"]).toBe("http://auth:3001")
    expect(auth.env["RESOURCES"]).toBe(mcp.env["RESOURCE_URL"] ?? `${mcp.env["BASE_URI"]}/mcp`)
    expect(mcp.env["INTROSPECTION_CLIENT_ID"]).toBe(auth.env["INTROSPECTION_CLIENT_ID"])
    expect(mcp.env["REDIS_URL"]).toBe(auth.env["REDIS_URL"])
    const reference = (of: typeof auth, name: string) =>
      of.container.env?.find((variable) => variable.name === name)?.valueFrom?.secretKeyRef
    for (const name of ["INTROSPECTION_CLIENT_SECRET", "REDIS_PASSWORD"])
      expect(reference(mcp, name), name).toMatchObject({
        name: "auth-credentials",
        key: reference(auth, name)?.key,
      })
  })

  it.each(["login", "my-auth", "auth-2"])("lead to a first release of another name: %s", async (release) => {
    const auth = await environmentOf("auth", {}, { release })
    const mcp = await environmentOf("mcp", { authServer: { release } }, { release: "tools" })
    const fullname = release.includes("auth") ? release : `${release}-auth`
    expect(mcp.env["AUTH_SERVER_INTERNAL_URL"]).toBe(`http://${fullname}:3001`)
    expect(mcp.env["REDIS_URL"]).toBe(auth.env["REDIS_URL"])
    expect(auth.env["REDIS_URL"]).toContain(`${release}-redis`)
    expect(mcp.container.env?.find(({ name }) => name === "REDIS_PASSWORD")?.valueFrom?.secretKeyRef?.name).toBe(
      `${release}-credentials`,
    )
  })
})

describe.each(CHARTS)("%s: extraEnv", (chart) => {
  it("takes the place of a variable of the chart, once, and adds others", async () => {
    const extraEnv = [
      { name: "LOG_LEVEL", value: "trace" },
      { name: "SOMETHING_ELSE", value: "1" },
    ]
    const { env, names } = await environmentOf(chart, merged(baseOf(chart), { logLevel: "warn", extraEnv }))
    expect(env).toMatchObject({ LOG_LEVEL: "trace", SOMETHING_ELSE: "1" })
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it("takes the place of a secret's reference, which is gone then", async () => {
    const extraEnv = [{ name: "INTROSPECTION_CLIENT_SECRET", valueFrom: { secretKeyRef: { name: "mine", key: "k" } } }]
    const { container } = await environmentOf(chart, merged(baseOf(chart), { extraEnv }))
    const given = container.env?.filter(({ name }) => name === "INTROSPECTION_CLIENT_SECRET")
    expect(given).toEqual(extraEnv)
  })
})

describe.each(CHARTS)("%s: values that become settings", (chart) => {
  const common: [string, unknown, string, string][] = [
    ["logLevel", "debug", "LOG_LEVEL", "debug"],
    ["shutdownDelaySeconds", 7, "SHUTDOWN_DELAY_SECONDS", "7"],
    ["rateLimit", 60, "RATE_LIMIT", "60"],
    ["rateLimit", "off", "RATE_LIMIT", "off"],
    ["trustedProxies", ["10.0.0.0/8", "fd00::/8"], "TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8"],
    ["allowedOrigins", ["https://a.example.com"], "ALLOWED_ORIGINS", "https://a.example.com"],
    ["metrics.port", 9999, "MANAGEMENT_PORT", "9999"],
  ]
  const own: Record<Chart, typeof common> = {
    auth: [
      ["accessTokenTtlSeconds", 300, "ACCESS_TOKEN_TTL_SECONDS", "300"],
      ["refreshTokenTtlSeconds", 86_400, "REFRESH_TOKEN_TTL_SECONDS", "86400"],
      [
        "resourceUrls",
        ["https://a.example.com/mcp", "https://b.example.com/mcp"],
        "RESOURCES",
        "https://a.example.com/mcp,https://b.example.com/mcp",
      ],
      ["introspection.clientId", "tools", "INTROSPECTION_CLIENT_ID", "tools"],
    ],
    mcp: [
      ["tokenValidation.cacheSeconds", 30, "TOKEN_CACHE_SECONDS", "30"],
      ["tokenValidation.staleIfErrorSeconds", 300, "STALE_IF_ERROR_SECONDS", "300"],
      ["tokenValidation.allowedClientIds", ["a", "b"], "ALLOWED_CLIENT_IDS", "a,b"],
      ["introspection.clientId", "tools", "INTROSPECTION_CLIENT_ID", "tools"],
    ],
  }
  it.each([...common, ...own[chart]])("%s = %j is %s", async (path, value, name, text) => {
    const { env } = await environmentOf(chart, merged(baseOf(chart), at(path, value)))
    expect(env[name]).toBe(text)
    expect(() => start[chart](env)).not.toThrow()
  })
})
