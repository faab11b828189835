/** Every case is rendered as committed. After a change: `npm run charts:render` writes the goldens anew, and the diff is read. */
import { existsSync, globSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { CHARTS, cases, directoryOf, helm, NAMESPACE, textRendered } from "./charts.ts"

const golden = (chart: string, name: string) => join(import.meta.dirname, "golden", chart, `${name}.yaml`)

/** Helm 4 leaves blank lines at the end of a document where Helm 3 leaves none. */
const withoutLastBlanks = (text: string) => `${text.replaceAll(/\n\s*\n---\n/g, "\n---\n").trimEnd()}\n`

describe.each(cases)("$chart with $name", ({ chart, name, values }) => {
  it("passes Helm's strict lint with no remark but that it has no icon", async () => {
    const directory = directoryOf(chart)
    const { status, stdout, stderr } = await helm(
      ["lint", "--strict", directory, "--namespace", NAMESPACE, "--values", "-"],
      values,
    )
    const remarks = `${stdout}${stderr}`.match(/^\[(WARNING|ERROR|INFO)\].*$/gm)
    expect(remarks).toEqual(["[INFO] Chart.yaml: icon is recommended"])
    expect(status).toBe(0)
  })

  it("is rendered as committed, and Helm remarks nothing", async () => {
    const text = await textRendered(chart, values)
    expect(text).not.toMatch(/found symbolic link in path|^level=|^walk\.go/m)
    await expect(withoutLastBlanks(text)).toMatchFileSnapshot(golden(chart, name))
  })
})

describe("goldens", () => {
  it("exist for every case, and for no other", () => {
    const missing = cases.filter(({ chart, name }) => !existsSync(golden(chart, name)))
    expect(missing.map(({ chart, name }) => `${chart}/${name}`)).toEqual([])
    const files = globSync("golden/*/*.yaml", { cwd: import.meta.dirname })
    const known = cases.map(({ chart, name }) => join("golden", chart, `${name}.yaml`))
    expect(files.sort()).toEqual(known.sort())
  })

  it("are of features that both charts have, and of each provider", () => {
    for (const chart of CHARTS) {
      const names = cases.filter((each) => each.chart === chart).map(({ name }) => name)
      expect(names).toEqual(
        expect.arrayContaining([
          "default",
          "production",
          "redis-sentinel",
          "redis-cluster",
          "extras",
          "network-policy-off",
        ]),
      )
    }
    const providers = globSync("docs/providers/*.md", { cwd: join(import.meta.dirname, "../..") })
      .map((file) => file.replace(/^.*\/(.*)\.md$/, "$1"))
      .filter((name) => !["README", "hydra"].includes(name))
    const names = cases.filter(({ chart }) => chart === "mcp").map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(providers))
  })
})
