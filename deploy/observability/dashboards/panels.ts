/** What every panel of ours has in common: one data source, our selectors, colours that mean something. */

import { ReduceDataOptionsBuilder } from "@grafana/grafana-foundation-sdk/common"
import {
  MappingType,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard"
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus"
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat"
import { PanelBuilder as TimeSeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries"

export const DATA_SOURCE = { type: "prometheus", uid: "$datasource" } as const

/** One line of a panel: its name, which may use labels as `{{reason}}`, and its query. */
type Lines = Readonly<Record<string, string>>

/** A metric of the chosen namespaces and jobs: `of("mcp_redis_up")`, `of("mcp_jwks_refresh_total", 'outcome="failure"')`. */
export const of = (metric: string, labels = ""): string =>
  `${metric}{namespace=~"$namespace", job=~"$job"${labels && `, ${labels}`}}`

/** Events a second. */
export const rateOf = (metric: string, labels = ""): string => `rate(${of(metric, labels)}[$__rate_interval])`

/** The time that only one in twenty (0.95) exceeds. */
export const quantile = (share: number, metric: string, { labels = "", by = "" } = {}): string =>
  `histogram_quantile(${share}, sum by (le${by && `, ${by}`}) (${rateOf(`${metric}_bucket`, labels)}))`

interface PanelText {
  title: string
  /** What it means, and what to do about it. */
  description: string
  unit: string
}

export interface StatOptions extends PanelText {
  lines: Lines
  /** From where on it is orange, and red. */
  warnAt?: number
  alarmAt: number
  /** Small values are the bad ones. */
  falling?: boolean
  /** Words in place of numbers. */
  words?: Readonly<Record<string, string>>
  span: number
}

/** A number that is green, orange or red. */
export function stat({ title, description, unit, lines, span, words, ...limits }: StatOptions): StatBuilder {
  const panel = new StatBuilder()
    .title(title)
    .description(description)
    .datasource(DATA_SOURCE)
    .unit(unit)
    .noValue("no data")
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .span(span)
    .height(4)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(limits)))
  if (words !== undefined) {
    const options = Object.fromEntries(Object.entries(words).map(([value, text]) => [value, { text }]))
    panel.mappings([{ type: MappingType.ValueToText, options }])
  }
  for (const query of queriesOf(lines)) panel.withTarget(query.instant())
  return panel
}

function stepsOf({
  warnAt,
  alarmAt,
  falling = false,
}: Pick<StatOptions, "warnAt" | "alarmAt" | "falling">): Threshold[] {
  const warning = warnAt === undefined ? [] : [{ value: warnAt, color: "orange" }]
  if (!falling) return [{ value: null, color: "green" }, ...warning, { value: alarmAt, color: "red" }]
  const good = { value: warnAt ?? alarmAt, color: "green" }
  return [{ value: null, color: "red" }, ...(warnAt === undefined ? [] : [{ value: alarmAt, color: "orange" }]), good]
}

export interface GraphOptions extends PanelText {
  lines: Lines
  /** Of 24 columns; default half. */
  span?: number
  /** Dots that lead to traces, for durations. */
  exemplars?: boolean
}

/** Lines over time. */
export function graph({
  title,
  description,
  unit,
  lines,
  span = 12,
  exemplars = false,
}: GraphOptions): TimeSeriesBuilder {
  const panel = new TimeSeriesBuilder()
    .title(title)
    .description(description)
    .datasource(DATA_SOURCE)
    .unit(unit)
    .min(0)
    .fillOpacity(10)
    .span(span)
    .height(8)
  for (const query of queriesOf(lines)) panel.withTarget(exemplars ? query.exemplar(true) : query)
  return panel
}

const queriesOf = (lines: Lines): DataqueryBuilder[] =>
  Object.entries(lines).map(([name, query], index) =>
    new DataqueryBuilder()
      .expr(query)
      .legendFormat(name)
      .refId(String.fromCharCode("A".charCodeAt(0) + index))
      .datasource(DATA_SOURCE),
  )
