/** `stampede`: every token is cold and all callers come at once. Is each asked about once, and does nobody suffer? */
import { sleep } from "k6"
import exec from "k6/execution"
import { Gauge } from "k6/metrics"
import { findAuthorizationServer } from "./lib/authorization-server.ts"
import { presentTogether } from "./lib/mcp.ts"
import { readMetric } from "./lib/metrics-page.ts"
import { optionsOf, summaryOf } from "./lib/run.ts"
import { concurrency, METRICS_URLS } from "./lib/settings.ts"
import { mintTokens } from "./lib/tokens.ts"

const TOKENS_PER_ROUND = 20
const ROUNDS = 5
const PAUSE_MS = 1_500
/** Each presents all tokens of the round together. */
const callers = concurrency(50, 25)
const ASKED = "mcp_introspection_requests_total"
const asked = new Gauge("questions_per_token_and_replica")

export const options = optionsOf({
  scenarios: { stampede: { executor: "per-vu-iterations", vus: callers, iterations: 1, maxDuration: "60s" } },
  // A thousand calls that arrive together wait for each other: the last one for all of them.
  limits: { cold: { p95: 1_500, p99: 2_500 } },
  more: METRICS_URLS.length > 0 ? { questions_per_token_and_replica: ["value<=1", "value>0"] } : {},
})
export const handleSummary = summaryOf("stampede")

interface Data {
  tokens: string[]
  startsAt: number
  askedBefore: number | undefined
}

export function setup(): Data {
  const tokens = mintTokens(findAuthorizationServer(), TOKENS_PER_ROUND * ROUNDS)
  return { tokens, startsAt: Date.now() + 1_000, askedBefore: readMetric(ASKED) }
}

/** Each caller begins with another token, so that none is favoured. */
export default function stampede({ tokens, startsAt }: Data): void {
  for (let round = 0; round < ROUNDS; round++) {
    sleep(Math.max(0, startsAt + round * PAUSE_MS - Date.now()) / 1000)
    const some = tokens.slice(round * TOKENS_PER_ROUND, (round + 1) * TOKENS_PER_ROUND)
    const first = exec.vu.idInTest % some.length
    presentTogether([...some.slice(first), ...some.slice(0, first)], "cold")
  }
}

export function teardown({ tokens, askedBefore }: Data): void {
  const after = readMetric(ASKED)
  if (after === undefined || askedBefore === undefined) return
  asked.add((after - askedBefore) / tokens.length / METRICS_URLS.length)
}
