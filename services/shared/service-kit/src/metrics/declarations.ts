/** What a metric is declared with, and what can be done with it then. */
import type { LabelsOf, LabelValues } from "./family.ts"

export interface MetricSpec<L extends LabelValues> {
  /** With its unit, and `_total` for a counter. */
  name: string
  /** One sentence. */
  help: string
  /** By name, in the order of the exposition; a value that is none of these is counted as `other`. */
  labels: L
  /** Combinations that start at zero: all of them when absent, none for []. A gauge that is collected has what it collects. */
  zero?: readonly LabelsOf<L>[]
}

export interface Counter<L extends LabelValues> {
  add(labels: LabelsOf<L>, value?: number): void
}

/** The newest sampled trace that fell into a bucket is its exemplar. */
export interface Histogram<L extends LabelValues> {
  /** @param traceId that of the active span, when absent */
  observe(labels: LabelsOf<L>, seconds: number, traceId?: string): void
}

export interface Gauge<L extends LabelValues> {
  set(labels: LabelsOf<L>, value: number): void
}
