/** Counters, histograms and gauges over cells of plain numbers: an observation is a look-up and an addition. */

import type { Counter, Gauge, Histogram, MetricSpec } from "./declarations.ts"
import { sampledTraceId } from "./exemplars.ts"
import {
  Cells,
  combinationsOf,
  type Exemplar,
  type Family,
  type LabelsOf,
  type LabelValues,
  type Sample,
} from "./family.ts"

interface Declared<I> {
  family: Family
  instrument: I
}

export function createCounter<const L extends LabelValues>(spec: MetricSpec<L>): Declared<Counter<L>> {
  if (!spec.name.endsWith("_total")) throw new Error(`${spec.name}: a counter's name ends with _total`)
  const cells = new Cells(spec.labels, () => ({ count: 0 }))
  startAtZero(cells, spec)
  const samples = () => cells.all.map(({ labels, state }) => ({ labels, value: state.count }))
  return {
    family: familyOf({ ...spec, type: "counter" }, samples),
    instrument: {
      add: (labels, value = 1) => {
        if (value > 0) cells.at(labels).count += value
      },
    },
  }
}

interface Distribution {
  /** By bucket; the last is beyond the last bound. */
  counts: Float64Array
  exemplars: (Exemplar | undefined)[]
  sum: number
}

export function createHistogram<const L extends LabelValues>(
  spec: MetricSpec<L> & { buckets: readonly number[] },
): Declared<Histogram<L>> {
  const { buckets } = spec
  if (buckets.some((bound, i) => i > 0 && bound <= (buckets[i - 1] ?? 0)))
    throw new Error(`${spec.name}: the buckets must rise`)
  const cells = new Cells<Distribution>(spec.labels, () => ({
    counts: new Float64Array(buckets.length + 1),
    exemplars: [],
    sum: 0,
  }))
  startAtZero(cells, spec)
  return {
    family: familyOf({ ...spec, type: "histogram" }, () =>
      cells.all.flatMap(({ labels, state }) => distributionSamples(spec, labels, state)),
    ),
    instrument: {
      observe: (labels, seconds, traceId = sampledTraceId()) => {
        if (!(seconds >= 0)) return
        const cell = cells.at(labels)
        let bucket = 0
        while (bucket < buckets.length && seconds > (buckets[bucket] ?? 0)) bucket++
        cell.counts[bucket] = (cell.counts[bucket] ?? 0) + 1
        cell.sum += seconds
        if (traceId !== undefined)
          cell.exemplars[bucket] = {
            labelSet: { trace_id: traceId },
            value: seconds,
            timestamp: Date.now() / 1000,
          }
      },
    },
  }
}

function distributionSamples(
  { name, buckets }: { name: string; buckets: readonly number[] },
  labels: Readonly<Record<string, string>>,
  { counts, exemplars, sum }: Distribution,
): Sample[] {
  let total = 0
  const bars = Array.from(counts, (count, i): Sample => {
    total += count
    const le = buckets[i] ?? "+Inf"
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: total, exemplar: exemplars[i] }
  })
  return [
    ...bars,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ]
}

export function createGauge<const L extends LabelValues>(
  spec: MetricSpec<L>,
  collect?: () => Iterable<readonly [LabelsOf<L>, number]>,
): Declared<Gauge<L>> {
  const create = () => new Cells<{ value: number }>(spec.labels, () => ({ value: 0 }))
  const kept = create()
  if (!collect) startAtZero(kept, spec)
  const samples = () => {
    const cells = collect ? create() : kept
    for (const [labels, value] of collect?.() ?? []) cells.at(labels).value = value
    return cells.all.map(({ labels, state }) => ({ labels, value: state.value }))
  }
  return {
    family: familyOf({ ...spec, type: "gauge" }, samples),
    instrument: {
      set: (labels, value) => {
        kept.at(labels).value = value
      },
    },
  }
}

function startAtZero<L extends LabelValues>(
  cells: Cells<unknown>,
  { labels, zero }: Pick<MetricSpec<L>, "labels" | "zero">,
): void {
  for (const combination of zero ?? combinationsOf(labels)) cells.at(combination)
}

type Described = Pick<Family, "name" | "help" | "type" | "labels">

function familyOf({ name, help, type, labels }: Described, samples: () => Sample[]): Family {
  const family: Family = {
    metricName: name,
    name,
    help,
    type,
    labels,
    // The registry has taken `_total` off the name by now, and adds it to the samples.
    get: async () => ({ name: family.name, help, type, values: samples() }),
  }
  return family
}
