/** What a PromQL expression speaks of: checked against docs/metrics.md, which is held to what the services expose. */
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"

export const root = resolve(import.meta.dirname, "../../..")

export const textOf = (path: string): string => readFileSync(join(root, path), "utf8")

interface KnownMetric {
  type: string
  /** Undefined: any value. */
  labels: ReadonlyMap<string, ReadonlySet<string> | undefined>
}

/** What Prometheus adds to every series. */
const targetLabels = ["namespace", "job", "instance"]
const operators = new Set(["and", "or", "unless", "bool", "offset"])
const groupings = new Set(["by", "without", "on", "ignoring", "group_left", "group_right"])

/** Names with labels and their values, from the tables of docs/metrics.md. */
export function documentedMetrics(): Map<string, KnownMetric> {
  const rows = textOf("docs/metrics.md").matchAll(/^\| `([a-z0-9_]+)` \| (\w+) \| [^|]*(?:\| ([^|]*))?\|$/gm)
  return new Map(
    [...rows].map(([, name = "", type = "", labels = ""]) => {
      const known = [...labels.matchAll(/\*\*(\w+)\*\*(?:: ((?:`[^`]*` ?)+))?/g)].map(([, label = "", values]) => {
        const list = values && new Set([...values.matchAll(/`([^`]*)`/g)].map(([, value = ""]) => value))
        return [label, list || undefined] as const
      })
      return [name, { type, labels: new Map(known) }] as const
    }),
  )
}

/** Series that the rules themselves make. */
export function recordedMetrics(rules: readonly { record?: string; labels?: Record<string, string> }[]) {
  const metrics = new Map<string, KnownMetric>([
    ["up", { type: "gauge", labels: new Map() }],
    ["slo:sli_error:ratio_month", { type: "gauge", labels: new Map([["slo", undefined]]) }],
  ])
  for (const { record, labels = {} } of rules) {
    if (record === undefined || metrics.has(record)) continue
    const known = Object.keys(labels).map((label) => {
      const same = rules.filter((rule) => rule.record === record).map((rule) => rule.labels?.[label] ?? "")
      return [label, new Set(same)] as const
    })
    metrics.set(record, { type: "gauge", labels: new Map(known) })
  }
  return metrics
}

/** Each name, label and value in an expression that nobody exposes. */
export function unknownIn(expression: string, metrics: ReadonlyMap<string, KnownMetric>): string[] {
  const { selectors, groupedBy } = read(expression)
  const problems: string[] = []
  const usable = new Set<string>(targetLabels)
  for (const { name, matchers } of selectors) {
    const metric = find(name, metrics)
    if (metric === undefined) {
      problems.push(name)
      continue
    }
    for (const label of metric.labels.keys()) usable.add(label)
    for (const { label, values } of matchers) {
      if (targetLabels.includes(label)) continue
      const known = metric.labels.get(label)
      if (!metric.labels.has(label)) problems.push(`${name}{${label}}`)
      if (known === undefined) continue
      const missing = values.filter((value) => ![...known].some((one) => new RegExp(`^(?:${value})$`).test(one)))
      problems.push(...missing.map((value) => `${name}{${label}="${value}"}`))
    }
  }
  return [...problems, ...groupedBy.filter((label) => !usable.has(label)).map((label) => `by ${label}`)]
}

/** The series that an expression reads. */
export const namesIn = (expression: string): string[] => read(expression).selectors.map(({ name }) => name)

function find(name: string, metrics: ReadonlyMap<string, KnownMetric>): KnownMetric | undefined {
  const family = metrics.get(name.replace(/_(bucket|count|sum)$/, ""))
  if (family?.type !== "histogram") return metrics.get(name)
  if (name.endsWith("_bucket")) return { ...family, labels: new Map([...family.labels, ["le", undefined]]) }
  return metrics.has(name) ? undefined : family // a histogram itself is no series
}

interface Selector {
  name: string
  /** Each alternative of a regular expression by itself: a misspelt one would be missed in silence. */
  matchers: { label: string; values: string[] }[]
}

/** Tokens: strings, ranges, selectors in braces, names, and single marks. */
const token = /"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}|[a-zA-Z_:][\w:]*|[\d.]+|\S/g

function read(expression: string): { selectors: Selector[]; groupedBy: string[] } {
  const tokens: string[] = expression.match(token) ?? []
  const selectors: Selector[] = []
  const groupedBy: string[] = []
  for (let at = 0; at < tokens.length; at++) {
    const [name = "", next = ""] = tokens.slice(at, at + 2)
    if (!/^[a-zA-Z_:]/.test(name) || operators.has(name)) continue
    if (groupings.has(name)) {
      if (next !== "(") continue // group_left without labels
      const end = tokens.indexOf(")", at)
      groupedBy.push(...tokens.slice(at + 2, end).filter((each) => each !== "," && each !== "le"))
      at = end
    } else if (next !== "(" && !groupings.has(next))
      selectors.push({ name, matchers: next.startsWith("{") ? matchersOf(next) : [] })
  }
  return { selectors, groupedBy }
}

const matchersOf = (braces: string) =>
  [...braces.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g)].map(
    ([, label = "", operator = "", value = ""]) => ({
      label,
      values: operator.endsWith("~") ? value.split("|") : [value],
    }),
  )
