/** What a service exposes, read as Prometheus would: values by name and labels, and what promtool says of the whole. */
import { spawnSync } from "node:child_process"

export interface Exposed {
  readonly text: string
  /**
   * The value of the one series that is written like this, such as `x_total{route="/a"}`, its labels in any order. Undefined where there is none.
   */
  value(series: string): number | undefined
  /** The sum over all series of a name that have these labels, and maybe others. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number
  /** Every series' labels. */
  labelsOf(name: string): Readonly<Record<string, string>>[]
}

interface Series {
  name: string
  labels: Record<string, string>
  value: number
}

/** Reads either of the two text formats. */
export function readExposition(text: string): Exposed {
  const all = text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(seriesOf)
  const named = (name: string, labels: Readonly<Record<string, string>>) =>
    all.filter(
      (each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
    )
  return {
    text,
    value: (series) => {
      const { name, labels } = seriesOf(`${series} 0`)
      const count = Object.keys(labels).length
      return named(name, labels).find((each) => Object.keys(each.labels).length === count)?.value
    },
    sum: (name, labels = {}) => named(name, labels).reduce((sum, { value }) => sum + value, 0),
    labelsOf: (name) => named(name, {}).map(({ labels }) => labels),
  }
}

function seriesOf(line: string): Series {
  const [, name, labels = "", value] = /^([\w:]+)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)/.exec(line) ?? []
  if (name === undefined) throw new Error(`not a line of an exposition: ${line}`)
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", text = ""]) => [key, text])
  return { name, labels: Object.fromEntries(pairs), value: Number(value?.replace("+Inf", "Infinity")) }
}

/** What `promtool check metrics` has to say of the older text format: "" is what one wants. */
export function checkMetrics(text: string): string {
  const { status, stdout, stderr, error } = spawnSync("promtool", ["check", "metrics"], {
    input: text,
    encoding: "utf8",
  })
  if (error) throw new Error("promtool cannot be started; on Debian: apt-get install prometheus", { cause: error })
  return `${stdout}${stderr}` || (status === 0 ? "" : `promtool ended with ${status}`)
}
