/** The dashboards: what is committed is what the code makes, and every query is about what is really exposed. */
import { spawnSync } from "node:child_process"
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { generateDashboards } from "../../../deploy/observability/dashboards/generate.ts"
import { documentedMetrics, recordedMetrics, root, textOf, unknownIn } from "./alerts-promql.ts"

interface Panel {
  id: number
  type: string
  title: string
  description?: string
  targets?: { expr: string; legendFormat: string }[]
}

const directory = "deploy/observability/dashboards"
const ruleFiles = globSync("deploy/observability/rules/*.yaml", { cwd: root })
const rules = ruleFiles.flatMap((file) =>
  (
    parse(textOf(file)) as { groups: { rules: { record?: string; labels?: Record<string, string> }[] }[] }
  ).groups.flatMap((group) => group.rules),
)
const metrics = new Map([...documentedMetrics(), ...recordedMetrics(rules)])
const dashboards = Object.entries(generateDashboards()).map(([file, json]) => ({
  file,
  json,
  panels: (JSON.parse(json) as { panels: Panel[] }).panels,
}))

describe("dashboards", () => {
  it("are all committed, and no other", () => {
    expect(globSync("*.json", { cwd: join(root, directory) }).sort()).toEqual(dashboards.map(({ file }) => file).sort())
  })

  it.each(dashboards)(
    "$file is what the code makes: node deploy/observability/dashboards/generate.ts",
    ({ file, json }) => {
      expect(JSON.parse(textOf(join(directory, file)))).toEqual(JSON.parse(json))
    },
  )

  it.each(dashboards)("$file asks for metrics, labels and values that exist", ({ panels }) => {
    const targets = panels.flatMap((panel) => panel.targets ?? [])
    expect(targets.length).toBeGreaterThan(8)
    expect(targets.flatMap(({ expr }) => unknownIn(expr, metrics))).toEqual([])
  })

  it.each(dashboards)("$file names its lines by labels that the queries keep", ({ panels }) => {
    for (const { expr, legendFormat } of panels.flatMap((panel) => panel.targets ?? []))
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        if (label !== "instance") expect(expr).toMatch(new RegExp(`by \\([^)]*\\b${label}\\b`))
  })

  it.each(dashboards)("$file begins with whose fault it is, and explains every panel", ({ panels }) => {
    const first = panels.slice(0, 8).map(({ title }) => title)
    expect(first).toEqual([
      "Whose fault is it?",
      "Us?",
      "Authorization server?",
      "Redis?",
      "Our credentials?",
      "Keys?",
      "An attack?",
      "One bad client?",
    ])
    for (const { type, description } of panels) if (type !== "row") expect(description).toMatch(/^.{8,}\.$/)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  })

  it("ask in PromQL that Prometheus reads", () => {
    const queries = dashboards.flatMap(({ panels }) => panels.flatMap((panel) => panel.targets ?? []))
    const rules = queries.map(({ expr }, at) => ({
      record: `query:${at}`,
      expr: expr.replaceAll("$__rate_interval", "5m"),
    }))
    const temporary = mkdtempSync(join(tmpdir(), "gatehouse-dashboards-"))
    const file = join(temporary, "queries.json")
    writeFileSync(file, JSON.stringify({ groups: [{ name: "queries", rules }] }))
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "rules", "--lint=none", file], {
      encoding: "utf8",
    })
    rmSync(temporary, { recursive: true })
    expect(status === 0 ? "" : stdout + stderr).toBe("")
  })
})
