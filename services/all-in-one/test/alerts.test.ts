/** The alerts as they ship: read and tested by promtool, each with a runbook, all of them about what is really exposed. */
import { spawnSync } from "node:child_process"
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { shortenRules } from "../../../deploy/observability/shorten.ts"
import { documentedMetrics, recordedMetrics, root, textOf, unknownIn } from "./alerts-promql.ts"

interface Rule {
  record?: string
  alert?: string
  expr: string
  for?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

const files = globSync("deploy/observability/rules/*.yaml", { cwd: root }).sort()
const tests = globSync("deploy/observability/rules/tests/*.yaml", { cwd: root }).sort()
const groups = files.flatMap((file) => (parse(textOf(file)) as { groups: { name: string; rules: Rule[] }[] }).groups)
const rules = groups.flatMap((group) => group.rules)
const alerts = rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]))
const metrics = new Map([...documentedMetrics(), ...recordedMetrics(rules)])

/** Pages that speak of metrics in queries. */
const runbooks = globSync("docs/runbooks/*.md", { cwd: root }).sort()
const documents = [...runbooks, "docs/observability.md"]
const queriesOf = (document: string): string[] =>
  [...textOf(document).matchAll(/^ *```promql\n([\s\S]*?)^ *```$/gm)].map(([, query = ""]) => query.trim())

function promtool(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("promtool", args, { cwd: root, encoding: "utf8" })
  return status === 0 ? "" : stdout + stderr
}

describe("alerts", () => {
  it("are rules that promtool reads without a complaint", () => {
    expect(promtool("check", "rules", "--lint-fatal", ...files)).toBe("")
  })

  it("fire when they should, after their time and with their labels, and are silent at near misses", {
    timeout: 120_000,
  }, () => {
    expect(promtool("test", "rules", ...tests)).toBe("")
  })

  it.each(alerts)("$alert ($labels.severity) is tested to fire", ({ alert, labels }) => {
    const fires = new RegExp(
      `alertname="${alert}", alertstate="firing", severity="${labels?.["severity"]}"|alertname: ${alert}\\n +eval_time: \\S+\\n +exp_alerts:\\n +- exp_labels: \\{ severity: ${labels?.["severity"]}`,
    )
    expect(tests.some((test) => fires.test(textOf(test)))).toBe(true)
  })

  it.each(alerts)(
    "$alert ($labels.severity) says how urgent it is, what it means, where to look first, and names its runbook",
    (rule) => {
      expect(rule.labels?.["severity"]).toMatch(/^(page|ticket)$/)
      expect(rule.annotations?.["summary"]).toMatch(/^.{15,100}[^.]$/)
      expect(rule.annotations?.["description"]).toMatch(/ Look (first )?at .+\.$/)
      expect(rule.annotations?.["runbook_url"]).toBe(`docs/runbooks/${rule.alert}.md`)
      for (const [, label] of JSON.stringify(rule.annotations).matchAll(/\$labels\.(\w+)/g))
        expect(rule.expr).toMatch(new RegExp(`by \\([^)]*\\b${label}\\b|on \\([^)]*\\b${label}\\b`))
    },
  )

  it("have a runbook each, and no runbook is of an alert that does not exist", () => {
    const pages = runbooks
      .map((page) => basename(page, ".md"))
      .filter((name) => !["README", "disaster-recovery"].includes(name))
    expect(pages).toEqual([...new Set(alerts.map(({ alert }) => alert))].sort())
    for (const page of pages) expect(textOf("docs/runbooks/README.md")).toContain(`(${page}.md)`)
  })

  it("have names that no two files share, so that both charts can be installed", () => {
    const names = groups.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe("metrics that rules and runbooks speak of", () => {
  it.each(rules)("$alert$record: exist, with these labels and values", ({ expr }) => {
    expect(unknownIn(expr, metrics)).toEqual([])
  })

  it.each(documents)("%s: exist, with these labels and values", (document) => {
    expect(queriesOf(document).flatMap((query) => unknownIn(query, metrics))).toEqual([])
    // In running text, too. What is a label of a metric may stand alone.
    const labels = [...metrics.values()].flatMap(({ labels }) => [...labels.keys()])
    const named = textOf(document).match(/\b(?:auth|mcp|nodejs|process)_[a-z0-9_]+/g) ?? []
    expect(named.filter((name) => unknownIn(name, metrics).length > 0 && !labels.includes(name))).toEqual([])
  })

  it.each([
    ['rate(mcp_token_validation_total{outcome="valid"}[5m])', "mcp_token_validation_total"],
    ['rate(mcp_token_validations_total{outcom="valid"}[5m])', "mcp_token_validations_total{outcom}"],
    ['mcp_token_validations_total{reason=~"expired|revokd"}', 'mcp_token_validations_total{reason="revokd"}'],
    ["sum by (namespace, client) (mcp_token_validations_total)", "by client"],
    ["mcp_token_validation_duration_seconds", "mcp_token_validation_duration_seconds"],
    ['mcp_redis_up{le="1"} and on (job) up', "mcp_redis_up{le}"],
  ])("are missed when misspelt: %s", (query, missing) => {
    expect(unknownIn(query, metrics)).toEqual([missing])
  })

  it("are asked for in PromQL that Prometheus reads", () => {
    const directory = mkdtempSync(join(tmpdir(), "gatehouse-queries-"))
    const file = join(directory, "queries.json")
    const queries = documents.flatMap(queriesOf).map((expr, at) => ({ record: `query:${at}`, expr }))
    writeFileSync(file, JSON.stringify({ groups: [{ name: "queries", rules: queries }] }))
    expect(queries.length).toBeGreaterThan(30)
    expect(promtool("check", "rules", "--lint=none", file)).toBe("")
    rmSync(directory, { recursive: true })
  })
})

describe("runbooks", () => {
  const sources = globSync("services/**/src/**/*.ts", { cwd: root }).map(textOf).join("\n")

  it.each(runbooks)("%s: quotes log lines that are written, and follows one order", (page) => {
    for (const [, line = ""] of textOf(page).matchAll(/^Log: `([^`]+)`$/gm)) expect(sources).toContain(`"${line}"`)
    if (/README|disaster/.test(page)) return
    expect([...textOf(page).matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual([
      "What it means",
      "Confirm",
      "Do",
      "Over",
    ])
  })

  it.each(documents)("%s: links to pages and headings that exist", (document) => {
    for (const [, path = "", heading] of textOf(document).matchAll(/\]\(([^)#:]*)(?:#([^)]+))?\)/g)) {
      const target = path === "" ? document : join(document, "..", path)
      const titles = [...textOf(target).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => anchorOf(title))
      if (heading !== undefined) expect(titles).toContain(heading)
    }
  })

  const anchorOf = (title: string) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replaceAll(" ", "-")
})

describe("shortened rules", () => {
  it("divide windows, `for` and intervals, keep thresholds and names, and are read by promtool", () => {
    const shortened = files.map((file) => shortenRules(textOf(file), { factor: 60, leastWindowSeconds: 5 }))
    const all = shortened.flatMap((text) =>
      (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules),
    )
    expect(all.map(({ alert, record }) => alert ?? record)).toEqual(rules.map(({ alert, record }) => alert ?? record))
    expect(all.find(({ record }) => record === "slo:sli_error:ratio_rate1h")?.expr).toContain("[60000ms]")
    expect(all.find(({ record }) => record === "slo:sli_error:ratio_rate1h")?.expr).not.toContain("[1h]")
    expect(all.find(({ alert }) => alert === "McpMetricsAbsent")?.for).toBe("5000ms")
    expect(all.find(({ alert }) => alert === "CredentialsRejected")?.expr).toContain("[5000ms]")
    expect(all.find(({ alert }) => alert === "SigningKeyExpiring")?.expr).toContain("7 * 86400")
    const directory = mkdtempSync(join(tmpdir(), "gatehouse-rules-"))
    const written = shortened.map((_, at) => join(directory, `${at}.yaml`))
    for (const [at, text] of shortened.entries()) writeFileSync(written[at] ?? "", text)
    expect(promtool("check", "rules", ...written)).toBe("")
    rmSync(directory, { recursive: true })
  })
})
