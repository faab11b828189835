/** What Helm prints after an installation: commands that work, and warnings where they belong. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import {
  at,
  baseOf,
  CHARTS,
  type Chart,
  cases,
  manifestsOf,
  merged,
  NAMESPACE,
  notesOf,
  root,
  type Values,
} from "./charts.ts"
import { type Container, podsOf } from "./manifests.ts"
import { environmentOf } from "./service-environment.ts"

/** The second command, as a reader of the first one's notes types it; rendered in place of installed. */
function secondCommand(notes: string): string {
  const [command] = /helm install mcp (?:[^\n]*\\\n)*[^\n]*/.exec(notes) ?? []
  if (command === undefined) throw new Error(`no command in:\n${notes}`)
  return command.replaceAll("\\\n", " ").replace("helm install", "helm template")
}

/** In a folder that has the charts, and the file of which the notes of an external Redis speak. */
function mcpContainerBy(command: string, { externalRedis }: Values): Container {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-notes-"))
  symlinkSync(join(root, "helm"), join(folder, "helm"))
  writeFileSync(join(folder, "external-redis.yaml"), JSON.stringify({ externalRedis }))
  const { status, stdout, stderr } = spawnSync("bash", ["-euc", command], { cwd: folder, encoding: "utf8" })
  rmSync(folder, { recursive: true })
  if (status !== 0) throw new Error(`${command}\n${stderr}`)
  const pod = podsOf(manifestsOf(stdout)).find(({ kind }) => kind === "Deployment")
  const [container] = pod?.spec.containers ?? []
  if (container === undefined) throw new Error("no Deployment")
  return container
}

const variable = ({ env = [] }: Container, name: string) => {
  const found = env.find((each) => each.name === name)
  return found?.value ?? found?.valueFrom?.secretKeyRef
}

const ofOtherNames: Values = {
  issuer: "https://auth.example.com/tenant",
  resourceUrls: ["https://mcp.example.com/tools/mcp"],
  identity: { allowDemo: true },
  fullnameOverride: "identity",
  introspection: { clientId: "tools", existingSecret: "theirs", secretKey: "its-key" },
  redis: { auth: { existingSecret: "theirs", key: "redis" } },
}

describe.each([
  ...cases.filter(({ chart }) => chart === "auth").map(({ name, values }) => ({ name, values, release: "auth" })),
  { name: "another release name", values: {}, release: "login" },
  { name: "names of its own for everything", values: ofOtherNames, release: "auth" },
])("the second command, in the notes of auth with $name", ({ values, release }) => {
  const ask = async () => {
    const auth = await environmentOf("auth", values, { release })
    const mcp = mcpContainerBy(secondCommand(await notesOf("auth", values, { release })), values)
    return { auth: auth.container, mcp }
  }

  it("is for the same namespace, and for this release", async () => {
    const command = secondCommand(await notesOf("auth", values, { release }))
    expect(command).toContain(`--namespace ${NAMESPACE}`)
    expect(command).toContain(`--set authServer.release=${release}`)
  })

  it("installs an MCP service that accepts this issuer's tokens, for a resource that it issues them for", async () => {
    const { auth, mcp } = await ask()
    expect(variable(mcp, "AUTH_SERVER_URL")).toBe(variable(auth, "BASE_URI"))
    const resource = variable(mcp, "RESOURCE_URL") ?? `${variable(mcp, "BASE_URI")}/mcp`
    expect(String(variable(auth, "RESOURCES")).split(",")).toContain(resource)
    const fullname = String(values["fullnameOverride"] ?? (release.includes("auth") ? release : `${release}-auth`))
    const path = new URL(String(variable(auth, "BASE_URI"))).pathname.replace(/\/$/, "")
    expect(variable(mcp, "AUTH_SERVER_INTERNAL_URL")).toBe(`http://${fullname}:3001${path}`)
  })

  it("lets it introspect as the client, and with the secret, that this release knows", async () => {
    const { auth, mcp } = await ask()
    for (const name of ["INTROSPECTION_CLIENT_ID", "INTROSPECTION_CLIENT_SECRET"])
      expect(variable(mcp, name), name).toEqual(variable(auth, name))
  })

  it("lets it hear of revocations where this release announces them", async () => {
    const { auth, mcp } = await ask()
    for (const name of ["REDIS_URL", "REDIS_SENTINELS", "REDIS_CLUSTER_NODES", "REDIS_KEY_PREFIX", "REDIS_TLS"])
      expect(variable(mcp, name), name).toEqual(variable(auth, name))
    // With an external Redis the MCP service may have a user of its own there.
    const external = (values["externalRedis"] as { enabled?: boolean } | undefined)?.enabled
    if (!external) expect(variable(mcp, "REDIS_PASSWORD")).toEqual(variable(auth, "REDIS_PASSWORD"))
  })
})

describe("NOTES", () => {
  it.each<[Chart, string]>([
    ["auth", "service/auth 3001:3001"],
    ["auth", "service/mcp 3232:3232"],
    ["mcp", "service/auth 3001:3001"],
    ["mcp", "service/mcp 3232:3232"],
  ])("of %s give the line that brings %s to this machine", async (chart, what) => {
    expect(await notesOf(chart, baseOf(chart))).toContain(`kubectl --namespace ${NAMESPACE} port-forward ${what}`)
  })

  it.each(CHARTS)("of %s say how to test it, and how to delete what stays after it is uninstalled", async (chart) => {
    const notes = await notesOf(chart, baseOf(chart))
    expect(notes).toContain(`helm test ${chart} --namespace ${NAMESPACE}`)
    expect(notes).toContain(`kubectl --namespace ${NAMESPACE} delete secret ${chart}-credentials`)
  })

  it("of auth say that the volume of Redis stays, where there is one", async () => {
    const deletes = "delete persistentvolumeclaim data-auth-redis-0"
    expect(await notesOf("auth", baseOf("auth"))).toContain(deletes)
    const fleeting = merged(baseOf("auth"), at("redis.persistence.enabled", false))
    expect(await notesOf("auth", fleeting)).not.toContain(deletes)
  })

  it.each<[string, Values, RegExp]>([
    ["demo identity", {}, /WARNING: identity\.type is demo/],
    ["a Redis without a volume", at("redis.persistence.enabled", false), /WARNING: Redis has no volume/],
    ["no Redis", at("redis.enabled", false), /WARNING: there is no Redis/],
    ["no network policies", at("networkPolicy.enabled", false), /WARNING: networkPolicy\.enabled is false/],
  ])("of auth warn of %s", async (_, values, warning) => {
    expect(await notesOf("auth", merged(baseOf("auth"), values))).toMatch(warning)
  })

  it("of auth warn of nothing else in a trial", async () => {
    expect((await notesOf("auth", baseOf("auth"))).match(/WARNING/g)?.length).toBe(1)
  })

  it("of mcp say that sessions stay at one replica where there are several", async () => {
    expect(await notesOf("mcp", merged(baseOf("mcp"), { replicaCount: 3 }))).toMatch(/ClientIP/)
    expect(await notesOf("mcp", baseOf("mcp"))).not.toMatch(/ClientIP/)
  })

  it.each(cases)("of $chart with $name hold no secret, and no template's leftover", async ({ chart, values }) => {
    const notes = await notesOf(chart, values)
    expect(notes).not.toMatch(/<no value>|%!|map\[|<nil>/)
    expect(notes.length).toBeGreaterThan(300)
  })
})
