/** Whether a script has passed, and the table of all of them. */
import type { Result } from "../lib/run.ts"
import type { Outcome } from "./k6.ts"

/** A breakpoint run is made to find the rate at which these are crossed. */
const SOUGHT = /^(dropped_iterations|waiting\{kind:hot\})$/

export interface Verdict {
  passed: boolean
  words: string
}

export function verdictOf({ script, exitCode, result, output }: Outcome): Verdict {
  if (result === undefined) return { passed: false, words: `k6 ended with ${exitCode}: ${lastError(output)}` }
  const crossed = result.thresholds.filter(({ passed }) => !passed)
  const bad = script === "breakpoint" ? crossed.filter(({ metric }) => !SOUGHT.test(metric)) : crossed
  if (bad.length > 0)
    return {
      passed: false,
      words: `crossed: ${bad.map(({ metric, threshold }) => `${metric} ${threshold}`).join(", ")}`,
    }
  if (exitCode !== 0 && crossed.length === 0)
    return { passed: false, words: `k6 ended with ${exitCode}: ${lastError(output)}` }
  if (script !== "breakpoint") return { passed: true, words: "passed" }
  const reached = result.metrics["reached_per_second"]?.["value"]?.toFixed(0)
  return { passed: true, words: crossed.length > 0 ? `passed: broke at ${reached}/s` : `passed: held ${reached}/s` }
}

const lastError = (output: string): string =>
  output
    .trim()
    .split("\n")
    .findLast((line) => /error|abort/i.test(line)) ?? ""

const ms = (value: number | undefined): string => (value === undefined ? "-" : value.toFixed(1))

function rowOf(outcome: Outcome): string {
  const { passed, words } = verdictOf(outcome)
  const { requests, requestsPerSecond, waiting, wrongDecisions } = outcome.result ?? ({} as Partial<Result>)
  const times = waiting?.["all"]
  const cells = [
    `\`${outcome.script}\``,
    requests ?? "-",
    requestsPerSecond?.toFixed(0) ?? "-",
    ms(times?.["p(95)"]),
    ms(times?.["p(99)"]),
    wrongDecisions ?? "-",
    passed ? words : `**FAILED** ${words}`,
  ]
  return `| ${cells.join(" | ")} |`
}

export const tableOf = (outcomes: readonly Outcome[]): string =>
  [
    "| script | requests | a second | p95 ms | p99 ms | wrong decisions | verdict |",
    "|---|--:|--:|--:|--:|--:|---|",
    ...outcomes.map(rowOf),
  ].join("\n")
