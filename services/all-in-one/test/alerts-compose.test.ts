/** The stack for a laptop, as far as it can be checked without an engine: every mount, port, variable and configuration. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { authConfigFrom, readAuthSettings } from "@gatehouse/auth"
import { mcpConfigFrom, readMcpSettings } from "@gatehouse/mcp"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { root, textOf } from "./alerts-promql.ts"

interface Service {
  image?: string
  build?: { context: string; args: { SERVICE: string } }
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
}

const deploy = join(root, "deploy")
const { services } = parse(textOf("deploy/compose.yaml"), { merge: true }) as { services: Record<string, Service> }
const { auth, mcp, ...others } = services

/** Without the parts that Compose fills in from the laptop's environment. */
const environmentOf = (service: Service | undefined) =>
  Object.fromEntries(
    Object.entries(service?.environment ?? {}).map(([name, value]) => [name, value.replace(/\$\{\w+:-(.*)\}/, "$1")]),
  )

describe("deploy/compose.yaml", () => {
  it("has both services, Redis, Prometheus, Alertmanager, Grafana and a viewer of traces", () => {
    expect(Object.keys(services)).toEqual(["auth", "mcp", "redis", "prometheus", "alertmanager", "grafana", "jaeger"])
    for (const { image } of Object.values(others)) expect(image).toMatch(/^[a-z/]+:v?\d/)
    for (const service of [auth, mcp]) expect(service?.build?.context).toBe("..")
  })

  it("gives the services an environment that they accept, and that fits together", () => {
    const issuer = authConfigFrom(readAuthSettings(environmentOf(auth))).issuer
    const settings = readMcpSettings(environmentOf(mcp))
    const config = mcpConfigFrom(settings)
    expect(settings.AUTH_SERVER_URL).toEqual([issuer])
    expect(environmentOf(auth)["RESOURCES"]).toBe(config.resource)
  })

  it("publishes on this machine alone", () => {
    for (const port of Object.values(services).flatMap(({ ports = [] }) => ports))
      expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  })

  it("mounts what exists, read-only", () => {
    const mounts = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.filter((volume) => volume.startsWith(".")),
    )
    expect(mounts.length).toBeGreaterThan(4)
    for (const mount of mounts) {
      const [source = "", , mode] = mount.split(":")
      expect(existsSync(join(deploy, source)), source).toBe(true)
      expect(mode).toBe("ro")
    }
  })

  it("has a Prometheus that reads its configuration and scrapes the management ports", () => {
    const { status, stderr } = spawnSync("promtool", ["check", "config", "deploy/observability/prometheus.yml"], {
      cwd: root,
      encoding: "utf8",
    })
    expect(status, stderr).toBe(0)
    const { scrape_configs: jobs } = parse(textOf("deploy/observability/prometheus.yml")) as {
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[]
    }
    const targets = jobs.flatMap(({ static_configs }) => static_configs.flatMap(({ targets }) => targets))
    expect(targets).toEqual([
      `auth:${environmentOf(auth)["MANAGEMENT_PORT"]}`,
      `mcp:${environmentOf(mcp)["MANAGEMENT_PORT"]}`,
    ])
  })

  it("has a Grafana whose data sources are those of the dashboards and of the exemplars", () => {
    const { datasources } = parse(textOf("deploy/observability/grafana/datasources.yaml")) as {
      datasources: {
        uid: string
        url: string
        jsonData?: { exemplarTraceIdDestinations: { datasourceUid: string }[] }
      }[]
    }
    const ids = datasources.map(({ uid }) => uid)
    for (const { url, jsonData } of datasources) {
      expect(Object.keys(services)).toContain(new URL(url).hostname)
      for (const { datasourceUid } of jsonData?.exemplarTraceIdDestinations ?? []) expect(ids).toContain(datasourceUid)
    }
  })
})
