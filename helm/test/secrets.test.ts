/** Credentials: each can come from a Secret of the operator's, and none stands in what is rendered. */
import { describe, expect, it } from "vitest"
import { at, baseOf, CHARTS, type Chart, cases, merged, render, textRendered, type Values, yamlOf } from "./charts.ts"
import { ofKind, ownOf, podsOf, secretKeysOf } from "./manifests.ts"
import { leavesOf } from "./values-table.ts"

/** Variables that hold a secret; `_FILE` names a file, which is none. */
const HOLDS_A_SECRET = /(SECRET|PASSWORD|PRIVATE_KEY|STATE_KEY|OTLP_HEADERS)$/

const credentialsAsked = async (chart: Chart, values: Values): Promise<string[]> => {
  const jobs = podsOf(await render(chart, values)).filter(
    ({ labels }) => labels["app.kubernetes.io/component"] === "credentials",
  )
  const text = jobs.flatMap(({ spec }) => spec.containers[0]?.env ?? []).find(({ name }) => name === "CREDENTIALS")
  return Object.keys(JSON.parse(String(text?.value ?? "{}")))
}

describe.each(cases)("$chart with $name", ({ chart, values }) => {
  it("has no Secret of its own, and no variable with a secret in it", async () => {
    const manifests = await render(chart, values)
    expect(ofKind(ownOf(manifests), "Secret")).toEqual([])
    for (const pod of podsOf(manifests))
      for (const { env = [] } of pod.spec.containers)
        expect(env.filter(({ name, value }) => HOLDS_A_SECRET.test(name) && value !== undefined)).toEqual([])
  })

  it("takes from the release's own Secret only what the Job puts there", async () => {
    const made = await credentialsAsked(chart, values)
    if (made.includes("clients.json")) made.push("test-client-secret")
    const taken = secretKeysOf(await render(chart, values)).filter(({ secret }) => secret === `${chart}-credentials`)
    for (const { key, by } of taken) if (key !== "*") expect(made, `${by} takes ${key}`).toContain(key)
    const keys = new Set(taken.map(({ key }) => key))
    expect(made.filter((key) => !keys.has(key) && !keys.has("*"))).toEqual([])
  })
})

/** What must be chosen so that a Secret is needed at all. */
const external = { redis: { enabled: false }, externalRedis: { enabled: true, host: "redis.example.com" } }
const NEEDS: Record<string, Values> = {
  "externalRedis.existingSecret": external,
  "externalRedis.tls.caSecret": merged(external, at("externalRedis.tls.enabled", true)),
  "externalRedis.sentinel.existingSecret": {
    redis: { enabled: false },
    externalRedis: { enabled: true, sentinel: { nodes: ["s.example.com:26379"], master: "m" } },
  },
  "otel.headers.existingSecret": { otel: { endpoint: "http://collector.example.com:4318" } },
  "redis.auth.existingSecret": { redis: { enabled: true } },
  "authServer.existingSecret": { authServer: { release: "", existingSecret: "another" } },
  "testClient.existingSecret": { clients: { existingSecret: "another" } },
  "introspection.privateKey.existingSecret": {
    introspection: { clientId: "mcp", authMethod: "private_key_jwt", privateKey: { existingSecret: "another" } },
  },
}

const needs = (chart: Chart, path: string): Values => {
  const known = yamlOf<Values>("helm", chart, "values.yaml")
  const chosen = NEEDS[path] ?? {}
  return Object.keys(chosen).every((key) => key in known) ? chosen : {}
}

describe.each(CHARTS)("%s", (chart) => {
  const values = yamlOf<Values>("helm", chart, "values.yaml")
  const paths = leavesOf(values).filter((path) => /(existing|ca)Secret$/.test(path))

  it("has a place for a Secret of the operator's for each credential", () => {
    const expected = {
      auth: ["introspection", "signingKeys", "clients", "testClient", "redis.auth", "externalRedis", "otel.headers"],
      mcp: ["authServer", "introspection", "introspection.privateKey", "requestState", "testClient", "externalRedis"],
    }[chart]
    expect(paths).toEqual(expect.arrayContaining(expected.map((path) => `${path}.existingSecret`)))
  })

  it.each(paths)("takes %s, by the key that a value names", async (path) => {
    const section = path.replace(/\.[^.]+$/, "")
    const keyPath = leavesOf(values).find((each) =>
      new RegExp(`^${section.replaceAll(".", "\\.")}\\.(key|\\w+Key)$`).test(each),
    )
    expect(keyPath, "a value that names the key").toBeDefined()
    const chosen = merged(merged(baseOf(chart), needs(chart, path)), at(path, "of-the-operator"))
    const taken = secretKeysOf(await render(chart, merged(chosen, at(keyPath ?? "", "its-key"))))
    const own = taken.filter(({ secret }) => secret === "of-the-operator")
    expect(own.map(({ key }) => key)).toContain("its-key")
    const before = secretKeysOf(await render(chart, merged(baseOf(chart), needs(chart, path))))
    expect(before.filter(({ secret }) => secret === "of-the-operator")).toEqual([])
  })

  it("asks the Job for nothing, and has none, when every credential comes from elsewhere", async () => {
    const always = paths.filter((path) => !/^(externalRedis|otel|authServer|introspection\.privateKey)\./.test(path))
    const all = always.reduce<Values>((sum, path) => merged(sum, at(path, "of-the-operator")), baseOf(chart))
    expect(await credentialsAsked(chart, all)).toEqual([])
    const manifests = await render(chart, all)
    const components = manifests.map(({ metadata }) => metadata.labels?.["app.kubernetes.io/component"])
    expect(components).not.toContain("credentials")
    expect(JSON.stringify(manifests)).not.toContain(`"${chart}-credentials"`)
    expect(await textRendered(chart, merged(all, at("credentials.create", false)))).toBeTruthy()
  })

  it("names no Secret's value where a checksum of it would be", async () => {
    const text = await textRendered(chart, baseOf(chart))
    expect(text).not.toMatch(/checksum\/\S*(secret|credential)/i)
  })
})
