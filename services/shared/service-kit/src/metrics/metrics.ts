/** The metrics of a process: declared with every value that a label can have, kept in plain numbers, told as OpenMetrics. */
import { collectDefaultMetrics, type Metric, type OpenMetricsContentType, Registry } from "prom-client"
import type { Counter, Gauge, Histogram, MetricSpec } from "./declarations.ts"
import type { Family, LabelsOf, LabelValues } from "./family.ts"
import { createCounter, createGauge, createHistogram } from "./instruments.ts"
import { asPrometheusText } from "./prometheus-text.ts"

/** What is known of a metric without looking at its values: for the reference. */
export interface MetricDescription {
  name: string
  help: string
  type: "counter" | "histogram" | "gauge"
  labels: LabelValues
}

export type Exposition = "openmetrics" | "prometheus"

export interface Metrics {
  counter<const L extends LabelValues>(spec: MetricSpec<L>): Counter<L>
  histogram<const L extends LabelValues>(spec: MetricSpec<L> & { buckets: readonly number[] }): Histogram<L>
  /** @param collect asked when somebody looks, instead of `set`; what it leaves out has no value. */
  gauge<const L extends LabelValues>(
    spec: MetricSpec<L>,
    collect?: () => Iterable<readonly [LabelsOf<L>, number]>,
  ): Gauge<L>
  /** The older Prometheus text has no exemplars. OpenMetrics unless told otherwise. */
  expose(as?: Exposition): Promise<{ contentType: string; body: string }>
  /** Everything that was declared here, in that order; not what Node tells of itself. */
  specs(): readonly MetricDescription[]
}

export interface MetricsOptions {
  /** Begins the name of `…_build_info`; several for a process that is several services. */
  name: string | readonly string[]
  version: string
}

/** Gauges of prom-client's that are named like counters, which `promtool check metrics` refuses. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"]

/** Creates a registry of its own, with what Node tells of itself. A name is declared once. */
export function createMetrics({ name, version }: MetricsOptions): Metrics {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  const described: MetricDescription[] = []
  collectDefaultMetrics({ register: registry as unknown as Registry })
  for (const each of MISNAMED) registry.removeSingleMetric(each)

  const declare = <I>({ family, instrument }: { family: Family; instrument: I }): I => {
    // The registry asks a metric for nothing but these; its type wants prom-client's own classes.
    registry.registerMetric(family as unknown as Metric)
    const { metricName, help, type, labels } = family
    described.push({ name: metricName, help, type, labels })
    return instrument
  }
  const metrics: Metrics = {
    counter: (spec) => declare(createCounter(spec)),
    histogram: (spec) => declare(createHistogram(spec)),
    gauge: (spec, collect) => declare(createGauge(spec, collect)),
    expose: async (as = "openmetrics") => {
      const body = await registry.metrics()
      if (as === "openmetrics") return { contentType: registry.contentType, body }
      return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, body: asPrometheusText(body) }
    },
    specs: () => described,
  }
  for (const each of [name].flat()) declareBuildInfo(metrics, each, version)
  return metrics
}

function declareBuildInfo(metrics: Metrics, prefix: string, version: string): void {
  const labels = { version: [version], node: [process.version] }
  metrics
    .gauge({ name: `${prefix}_build_info`, help: "Always 1: which version runs, on which Node.", labels })
    .set({ version, node: process.version }, 1)
}
