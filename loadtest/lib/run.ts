/** What every script is made of: scenarios, thresholds with wrong decisions first, and a summary as text and as JSON. */
import type { Options, Scenario, Threshold } from "k6/options"
import { isShort, LIMIT_FACTOR, RESULTS_DIRECTORY } from "./settings.ts"

/** Milliseconds within which an answer begins. */
export interface Limit {
  p95: number
  p99: number
}

/** A token that the MCP service knows; the objective of the service is 99 % under 50 ms. */
export const HOT: Limit = { p95: 25, p99: 50 }
/** One that it asks about: another process and Redis are on the way. */
export const COLD: Limit = { p95: 100, p99: 300 }
/** Refused without a question. */
export const BAD: Limit = { p95: 50, p99: 150 }

interface Run {
  scenarios: Record<string, Scenario>
  /** By kind of token. */
  limits: Record<string, Limit>
  /** Iterations that may be dropped for want of virtual users: beyond them the rate was not the one that is said. */
  dropped?: number
  /** The share of checks that must pass. */
  checks?: number
  more?: Record<string, Threshold[]>
}

export function optionsOf({ scenarios, limits, dropped = 0, checks = 1, more = {} }: Run): Options {
  const times = Object.entries(limits).map(([kind, { p95, p99 }]) => [
    `waiting{kind:${kind}}`,
    [`p(95)<${p95 * LIMIT_FACTOR}`, `p(99)<${p99 * LIMIT_FACTOR}`],
  ])
  return {
    scenarios,
    thresholds: {
      // Nothing else about a service that decides wrongly is worth knowing.
      wrong_decisions: [{ threshold: "count==0", abortOnFail: true }],
      decisions: ["count>0"],
      checks: [`rate>=${checks}`],
      dropped_iterations: [`count<=${dropped}`],
      ...Object.fromEntries(times),
      ...more,
    },
    summaryTrendStats: ["avg", "med", "p(95)", "p(99)", "max"],
    setupTimeout: "300s",
    teardownTimeout: "60s",
    batch: 20,
    batchPerHost: 20,
    userAgent: "gatehouse-loadtest",
  }
}

/** So many begin each second, however long the ones before take: a slow service is not asked less. */
export function arrivals(exec: string, rate: number, seconds: number): Scenario {
  const perSecond = rate >= 1
  return {
    executor: "constant-arrival-rate",
    exec,
    rate: perSecond ? Math.round(rate) : 1,
    timeUnit: perSecond ? "1s" : `${Math.round(1 / rate)}s`,
    duration: `${seconds}s`,
    ...virtualUsers(rate),
    gracefulStop: "15s",
  }
}

/** Enough for answers of half a second; each has a copy of what setup() made. To make more takes time, in which arrivals are dropped. */
export const virtualUsers = (rate: number): { preAllocatedVUs: number; maxVUs: number } => {
  const count = Math.min(200, Math.max(10, Math.ceil(rate * 0.5)))
  return { preAllocatedVUs: count, maxVUs: count }
}

/** One in a hundred. */
export const fewOf = (rate: number, seconds: number): number => Math.ceil(rate * seconds * 0.01)

interface Metric {
  type: string
  values: Record<string, number>
  thresholds?: Record<string, { ok: boolean }>
}

interface Summary {
  metrics: Record<string, Metric>
  state: { testRunDurationMs: number }
  root_group: { checks: { name: string; fails: number }[] }
}

export interface Result {
  script: string
  short: boolean
  seconds: number
  requests: number
  requestsPerSecond: number
  wrongDecisions: number
  /** Milliseconds by kind of token. */
  waiting: Record<string, Record<string, number>>
  metrics: Record<string, Record<string, number>>
  thresholds: { metric: string; threshold: string; passed: boolean }[]
  failedChecks: Record<string, number>
}

/** Of the summary only figures are kept: what setup() made stands in it too, and that is tokens. */
function resultOf(script: string, { metrics, state, root_group }: Summary): Result {
  const all = Object.entries(metrics)
  const waiting = all.flatMap(([name, { values }]) => {
    const kind = /^waiting\{kind:(.*)\}$/.exec(name)?.[1]
    return kind === undefined ? [] : [[kind, values] as const]
  })
  return {
    script,
    short: isShort,
    seconds: state.testRunDurationMs / 1000,
    requests: metrics["http_reqs"]?.values["count"] ?? 0,
    requestsPerSecond: metrics["http_reqs"]?.values["rate"] ?? 0,
    wrongDecisions: metrics["wrong_decisions"]?.values["count"] ?? 0,
    waiting: { all: metrics["waiting"]?.values ?? {}, ...Object.fromEntries(waiting) },
    metrics: Object.fromEntries(all.map(([name, { values }]) => [name, values])),
    thresholds: all.flatMap(([metric, { thresholds = {} }]) =>
      Object.entries(thresholds).map(([threshold, { ok }]) => ({ metric, threshold, passed: ok })),
    ),
    failedChecks: Object.fromEntries(
      root_group.checks.flatMap(({ name, fails }) => (fails > 0 ? [[name, fails]] : [])),
    ),
  }
}

const ms = (value: number | undefined): string => (value === undefined ? "-" : `${value.toFixed(1)} ms`)

function inWords({ script, waiting, thresholds, ...run }: Result): string {
  const rate = `${run.requests} requests in ${run.seconds.toFixed(0)} s, ${run.requestsPerSecond.toFixed(0)}/s`
  const times = Object.entries(waiting).map(
    ([kind, { med, max, ...at }]) =>
      `  ${kind.padEnd(22)} median ${ms(med)}, p95 ${ms(at["p(95)"])}, p99 ${ms(at["p(99)"])}, longest ${ms(max)}`,
  )
  const rules = thresholds.map(
    ({ metric, threshold, passed }) => `  ${passed ? "ok    " : "FAILED"} ${metric}: ${threshold}`,
  )
  const failed = Object.entries(run.failedChecks).map(([name, fails]) => `  ${fails} times not: ${name}`)
  const wrong = `${run.wrongDecisions} wrong decisions`
  return [`\n${script}: ${rate}, ${wrong}`, ...times, ...rules, ...failed, ""].join("\n")
}

/** Makes a script's handleSummary. */
export const summaryOf = (script: string) => (data: unknown) => {
  const result = resultOf(script, data as Summary)
  return {
    stdout: inWords(result),
    [`${RESULTS_DIRECTORY}/${script}.json`]: JSON.stringify(result, null, 2),
  }
}
