/** The guides to Kubernetes: their links lead somewhere, their values are values of the charts, their commands are commands. */
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { parse, parseAllDocuments } from "yaml"
import { baseOf, CHARTS, type Chart, cases, merged, render, root, textOf, type Values, yamlOf } from "./charts.ts"
import { environmentOf } from "./service-environment.ts"
import { leavesOf } from "./values-table.ts"

const documents = ["deploy/README.md", "helm/auth/README.md", "helm/mcp/README.md"]
const blocksOf = (document: string, language: string): string[] =>
  [...textOf(document).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, block = ""]) => block,
  )
const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replaceAll(" ", "-")

/** Whether the chart has that value, or an object that may hold it. */
function knows(chart: Chart, path: string): boolean {
  const ofRedis = leavesOf(yamlOf<Values>("helm", "redis", "values.yaml")).map((leaf) => `redis.${leaf}`)
  const leaves = [...leavesOf(yamlOf<Values>("helm", chart, "values.yaml")), ...ofRedis]
  return leaves.some((leaf) => leaf === path || leaf.startsWith(`${path}.`) || path.startsWith(`${leaf}.`))
}

describe.each(documents)("%s", (document) => {
  it("links to files and headings that exist", () => {
    for (const [, path = "", heading] of textOf(document).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)) {
      const target = path === "" ? join(root, document) : resolve(root, document, "..", path)
      expect(existsSync(target), `${path} in ${document}`).toBe(true)
      if (heading === undefined) continue
      const titles = [...readFileSync(target, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => anchorOf(title))
      expect(titles).toContain(heading)
    }
  })

  it("speaks of nothing but values that a chart has, where it names one", () => {
    const named = [
      ...textOf(document)
        .replace(/^```[\s\S]*?^```$/gm, "")
        .matchAll(/`([a-z]\w+(?:\.\w+)+)(?:=[^`]*)?`/g),
    ]
    const first = new Set(CHARTS.flatMap((chart) => Object.keys(yamlOf<Values>("helm", chart, "values.yaml"))))
    const values = named
      .map(([, path = ""]) => path)
      .filter((path) => first.has(path.split(".")[0] ?? "") && !path.endsWith(".json"))
    expect(values.length).toBeGreaterThan(3)
    const charts: readonly Chart[] = CHARTS
    expect(values.filter((path) => !charts.some((chart) => knows(chart, path)))).toEqual([])
  })

  it("names only npm scripts that exist", () => {
    const { scripts } = JSON.parse(textOf("package.json"))
    for (const [, name = ""] of textOf(document).matchAll(/npm run ([a-z0-9:-]+)/g))
      expect(scripts).toHaveProperty(name)
  })
})

it.each([...documents, "README.md"])("%s: installs charts, and sets values, that exist", (document) => {
  const commands = blocksOf(document, "console").flatMap((block) => block.split("\n"))
  for (const command of commands.filter((line) => /^helm (install|upgrade|template)/.test(line))) {
    const [, chart = ""] = /\.\/helm\/(\w+)/.exec(command) ?? []
    expect(CHARTS).toContain(chart)
    for (const [, path = ""] of command.matchAll(/--set ([\w.]+)=/g))
      expect(knows(chart as Chart, path), `${path} of ${chart}`).toBe(true)
    for (const [, file = ""] of command.matchAll(/--values (\S+\/\S+)/g))
      expect(existsSync(join(root, file))).toBe(true)
  }
})

describe("deploy/README.md: the files of its example", () => {
  const fileOf = (chart: Chart) => {
    const block = blocksOf("deploy/README.md", "yaml").find((text) => text.startsWith(`# ${chart}.yaml\n`))
    return parse(block ?? "") as Values
  }

  it.each(CHARTS)("%s.yaml renders, and publishes by the Gateway above", async (chart) => {
    const manifests = await render(chart, fileOf(chart))
    const route = manifests.find(({ kind }) => kind === "HTTPRoute")
    const hosts = (route?.spec?.["hostnames"] ?? []) as string[]
    const [gateway] = blocksOf("deploy/README.md", "yaml").flatMap((text) =>
      parseAllDocuments(text).map((d) => d.toJS()),
    )
    const { metadata, spec } = gateway as { metadata: object; spec: { listeners: { hostname: string }[] } }
    expect(route?.spec?.["parentRefs"]).toEqual([expect.objectContaining({ name: "public", namespace: "gateways" })])
    expect(metadata).toMatchObject({ name: "public", namespace: "gateways" })
    for (const host of hosts) expect(spec.listeners.map(({ hostname }) => hostname)).toContain(host)
  })

  it("fit each other", async () => {
    const [auth, mcp] = [await environmentOf("auth", fileOf("auth")), await environmentOf("mcp", fileOf("mcp"))]
    expect(mcp.env["AUTH_SERVER_URL"]).toBe(auth.env["BASE_URI"])
    expect(auth.env["RESOURCES"]).toBe(`${mcp.env["BASE_URI"]}/mcp`)
    expect(mcp.env["REDIS_URL"]).toBe(auth.env["REDIS_URL"])
  })
})

describe("the production files of both charts", () => {
  const production = (chart: Chart) =>
    cases.find((each) => each.chart === chart && each.name === "production")?.values ?? {}

  it("are of one installation", async () => {
    const [auth, mcp] = [await environmentOf("auth", production("auth")), await environmentOf("mcp", production("mcp"))]
    expect(mcp.env["AUTH_SERVER_URL"]).toBe(auth.env["BASE_URI"])
    expect(auth.env["RESOURCES"]?.split(",")).toContain(`${mcp.env["BASE_URI"]}/mcp`)
    for (const name of ["REDIS_URL", "REDIS_KEY_PREFIX", "INTROSPECTION_CLIENT_ID"])
      expect(mcp.env[name], name).toBe(auth.env[name])
  })

  it.each(CHARTS)("of %s leave no credential to the Job", async (chart) => {
    const components = (await render(chart, production(chart))).map(
      ({ metadata }) => metadata.labels?.["app.kubernetes.io/component"],
    )
    expect(components).not.toContain("credentials")
    expect(merged(baseOf(chart), production(chart))["credentials"]).toMatchObject({ create: false })
  })
})
