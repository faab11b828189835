/** A copy of the rules for a drill: the same expressions and thresholds, with every duration divided, so that hours pass in minutes. */
import { parse, stringify } from "yaml"

export interface Shortening {
  /** What every duration is divided by. */
  factor: number
  /** No window gets shorter: `rate` needs two scrapes in it, and an alert some events. */
  leastWindowSeconds: number
}

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/**
 * Windows in expressions (`[5m]`), `for` and `interval` become shorter; names of recorded series stay, since alerts refer to them.
 * Ages that stand as numbers (`7 * 86400`) and rates a second stay too: they are about the world, not about waiting.
 * @param rules text of a Prometheus rule file
 */
export function shortenRules(rules: string, { factor, leastWindowSeconds }: Shortening): string {
  const divide = (duration: string, least: number) => format(Math.max(secondsOf(duration) / factor, least))
  const window = (_: string, duration: string) => `[${divide(duration, leastWindowSeconds)}]`
  const document = parse(rules) as { groups: { interval?: string; rules: { expr: string; for?: string }[] }[] }
  for (const group of document.groups) {
    // An absent one is Prometheus' own, which the drill sets.
    if (group.interval !== undefined) group.interval = divide(group.interval, 1)
    for (const rule of group.rules) {
      rule.expr = rule.expr.replace(/\[([0-9a-z]+)\]/g, window)
      if (rule.for !== undefined) rule.for = divide(rule.for, 0)
    }
  }
  return stringify(document)
}

/** Prometheus writes several units in a row: 1h30m. */
function secondsOf(duration: string): number {
  if (!/^(\d+(ms|[smhdw]))+$/.test(duration)) throw new Error(`not a duration: ${duration}`)
  return [...duration.matchAll(/(\d+)(ms|[smhdw])/g)].reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (unitSeconds[unit] ?? 0),
    0,
  )
}

const format = (seconds: number): string => `${Math.round(seconds * 1000)}ms`
