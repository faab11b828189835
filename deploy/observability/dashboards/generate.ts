/** Writes the dashboards as the JSON that Grafana reads: `node deploy/observability/dashboards/generate.ts && npm run format`. Never edit the JSON. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  DashboardBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard"
import { authService } from "./auth-service.ts"
import { dependencies } from "./dependencies.ts"
import { DATA_SOURCE, type graph, type stat } from "./panels.ts"
import { slo } from "./slo.ts"
import { tokenValidation } from "./token-validation.ts"
import { whoseFault } from "./whose-fault.ts"

type Rows = Readonly<Record<string, readonly ReturnType<typeof graph | typeof stat>[]>>

const dashboards: Readonly<Record<string, { title: string; rows: () => Rows }>> = {
  "auth-service": { title: "Gatehouse: authorization server", rows: authService },
  "token-validation": { title: "Gatehouse: token validation", rows: tokenValidation },
  dependencies: { title: "Gatehouse: dependencies", rows: dependencies },
  slo: { title: "Gatehouse: objectives", rows: slo },
}

/** By file name. */
export const generateDashboards = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(dashboards).map(([name, { title, rows }]) => {
      const all = { "Whose fault is it?": whoseFault(), ...rows() }
      return [`${name}.json`, `${JSON.stringify(buildDashboard(name, title, all), null, 2)}\n`]
    }),
  )

function buildDashboard(name: string, title: string, rows: Rows) {
  const dashboard = new DashboardBuilder(title)
    .uid(`gatehouse-${name}`)
    .tags(["gatehouse"])
    .time({ from: "now-3h", to: "now" })
    .refresh("30s")
    .link(
      new DashboardLinkBuilder("Gatehouse")
        .type(DashboardLinkType.Dashboards)
        .tags(["gatehouse"])
        .keepTime(true)
        .includeVars(true),
    )
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"))
    .withVariable(selector("namespace", 'label_values({__name__=~"(mcp|auth)_build_info"}, namespace)'))
    .withVariable(selector("job", 'label_values({__name__=~"(mcp|auth)_build_info", namespace=~"$namespace"}, job)'))
  let id = 0
  for (const [row, panels] of Object.entries(rows)) {
    dashboard.withRow(new RowBuilder(row).id(++id))
    for (const panel of panels) dashboard.withPanel(panel.id(++id))
  }
  return dashboard.build()
}

/** All, unless somebody chooses; `.*` also matches the absence of a label, as on a laptop. */
const selector = (name: string, query: string) =>
  new QueryVariableBuilder(name)
    .datasource(DATA_SOURCE)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .includeAll(true)
    .allValue(".*")
    .multi(true)
    .current({ selected: true, text: ["All"], value: ["$__all"] })

if (import.meta.main)
  for (const [file, json] of Object.entries(generateDashboards())) writeFileSync(join(import.meta.dirname, file), json)
