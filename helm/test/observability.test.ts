/** Rules and dashboards: what a chart installs is what the repository tests. */
import { spawnSync } from "node:child_process"
import { globSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { describe, expect, it } from "vitest"
import { baseOf, CHARTS, merged, render, root, textOf, yamlOf } from "./charts.ts"
import { ofKind } from "./manifests.ts"

interface Rules {
  groups: { name: string; rules: { alert?: string; annotations?: Record<string, string> }[] }[]
}

const RUNBOOKS = "https://git.example.com/gatehouse/blob/main/"

describe.each(CHARTS)("%s", (chart) => {
  const base = baseOf(chart)
  const files = globSync(`deploy/observability/rules/${chart}-*.yaml`, { cwd: root }).sort()
  const groups = files.flatMap((file) => yamlOf<Rules>(file).groups)
  const withRules = (runbookUrlBase: string) =>
    merged(base, { metrics: { prometheusRule: { enabled: true, runbookUrlBase } } })
  const renderedGroups = async (runbookUrlBase: string) =>
    ofKind(await render(chart, withRules(runbookUrlBase)), "PrometheusRule").flatMap(
      ({ spec }) => (spec as unknown as Rules).groups,
    )

  it("installs the rules of the repository, all of them and unchanged", async () => {
    expect(groups.length).toBeGreaterThan(2)
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)
    expect((await renderedGroups("")).sort(byName)).toEqual([...groups].sort(byName))
  })

  it("says where the runbooks are, and changes nothing else", async () => {
    const alerts = (await renderedGroups(RUNBOOKS)).flatMap(({ rules }) => rules).filter(({ alert }) => alert)
    expect(alerts.length).toBeGreaterThan(5)
    for (const { alert, annotations } of alerts)
      expect(annotations?.["runbook_url"]).toBe(`${RUNBOOKS}docs/runbooks/${alert}.md`)
    const shortened = JSON.parse(JSON.stringify(await renderedGroups(RUNBOOKS)).replaceAll(RUNBOOKS, ""))
    expect(shortened).toEqual(await renderedGroups(""))
  })

  it("installs rules that promtool reads", async () => {
    const directory = mkdtempSync(join(tmpdir(), "gatehouse-rules-"))
    const file = join(directory, "rules.json")
    writeFileSync(file, JSON.stringify({ groups: await renderedGroups(RUNBOOKS) }))
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "rules", "--lint-fatal", file], {
      encoding: "utf8",
    })
    rmSync(directory, { recursive: true })
    expect({ status, said: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, said: "" })
  })

  it("installs dashboards of the repository as they are, each found by Grafana's sidecar", async () => {
    const values = merged(base, { grafanaDashboard: { enabled: true } })
    const maps = ofKind(await render(chart, values), "ConfigMap").filter(
      ({ metadata }) => metadata.labels?.["grafana_dashboard"] === "1",
    )
    const boards = maps.flatMap(({ data = {} }) => Object.entries(data))
    expect(boards.length).toBeGreaterThan(1)
    for (const [name, text] of boards)
      expect(JSON.parse(text)).toEqual(
        JSON.parse(textOf("deploy/observability/dashboards", name.replace(/^gatehouse-/, ""))),
      )
  })

  it("has each of those files once: its own are links", () => {
    const links = globSync("files/*/*", { cwd: join(root, "helm", chart) })
    expect(links.length).toBeGreaterThan(3)
    for (const link of links) expect(lstatSync(join(root, "helm", chart, link)).isSymbolicLink(), link).toBe(true)
  })

  it("scrapes the port and path that the service has, by the names of its headless Service", async () => {
    const manifests = await render(chart, merged(base, { metrics: { serviceMonitor: { enabled: true } } }))
    const [monitor] = ofKind(manifests, "ServiceMonitor")
    const headless = ofKind(manifests, "Service").find(({ metadata }) => metadata.name === `${chart}-metrics`)
    const [endpoint] = (monitor?.spec?.["endpoints"] ?? []) as { port?: string; path?: string }[]
    expect(headless?.spec?.ports?.map(({ name }) => name)).toContain(endpoint?.port)
    expect(endpoint?.path ?? "/metrics").toBe("/metrics")
    const labels = monitor?.spec?.selector?.matchLabels ?? {}
    expect(Object.keys(labels).length).toBeGreaterThan(1)
    expect(headless?.metadata.labels).toMatchObject(labels)
    const others = ofKind(manifests, "Service").filter(
      (service) => service !== headless && Object.entries(labels).every(([k, v]) => service.metadata.labels?.[k] === v),
    )
    expect(others.filter(({ spec }) => spec?.ports?.some(({ name }) => name === endpoint?.port))).toEqual([])
  })
})

it("dashboards: each is installed by one of the charts", () => {
  const all = globSync("deploy/observability/dashboards/*.json", { cwd: root }).map((file) => basename(file))
  const installed = CHARTS.flatMap((chart) => globSync(`helm/${chart}/files/dashboards/*.json`, { cwd: root }))
  expect([...new Set(installed.map((file) => basename(file)))].sort()).toEqual(all.sort())
})
