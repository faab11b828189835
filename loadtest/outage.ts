/** `outage`: while the authorization server or Redis is dead, slow or erratic, is every answer still one that is right? */
import { sleep } from "k6"
import exec from "k6/execution"
import { Trend } from "k6/metrics"
import { type AuthorizationServer, findAuthorizationServer, requestToken } from "./lib/authorization-server.ts"
import { type Decision, decisionAtTokenEndpoint, judge } from "./lib/decisions.ts"
import { presentGood, presentNextBad } from "./lib/mcp.ts"
import { arrivals, fewOf, optionsOf, summaryOf } from "./lib/run.ts"
import { LIMIT_FACTOR, OUTAGE, RECOVERY_SECONDS, ratePerSecond, TOKEN_CACHE_SECONDS } from "./lib/settings.ts"
import { lengthSeconds, type Presented, parseTimeline, phaseAt, rightBetween } from "./lib/timeline.ts"
import { type BadToken, mintBadTokens, mintTokens } from "./lib/tokens.ts"

const timeline = parseTimeline(OUTAGE ?? "healthy:15,auth-down:30,healthy:60")
const seconds = lengthSeconds(timeline)
const rate = ratePerSecond(30, 30)
const rates = { hot: rate * 0.7, cold: rate * 0.1, bad: rate * 0.1, token: rate * 0.1 }
/** A question is given up after five seconds; the answer must not be waited for any longer. */
const LONGEST_MS = 6_000
/** From the end of a fault to the last answer that still suffered from it. */
const recovery = new Trend("recovery", true)

export const options = optionsOf({
  scenarios: {
    ...Object.fromEntries(Object.entries(rates).map(([name, each]) => [name, arrivals(name, each, seconds)])),
    announce: {
      executor: "per-vu-iterations",
      exec: "announce",
      vus: 1,
      iterations: 1,
      maxDuration: `${seconds + 10}s`,
    },
  },
  limits: { hot: { p95: 100, p99: LONGEST_MS / LIMIT_FACTOR } },
  dropped: fewOf(rate, seconds),
  checks: 0.999,
  more: {
    "waiting{decision:unavailable}": [`max<${LONGEST_MS * Math.max(1, LIMIT_FACTOR)}`],
    recovery: [`max<${RECOVERY_SECONDS * 1000}`],
  },
})
export const handleSummary = summaryOf("outage")

interface Data {
  server: AuthorizationServer
  hot: string[]
  cold: string[]
  bad: BadToken[]
  begunAt: number
}

export function setup(): Data {
  const server = findAuthorizationServer()
  const hot = mintTokens(server, 20)
  const cold = mintTokens(server, Math.ceil((rates.cold + 1) * seconds))
  const bad = mintBadTokens(server)
  for (const token of hot) presentGood(token, "first")
  console.log("OUTAGE BEGINS") // whoever makes the faults counts from here
  return { server, hot, cold, bad, begunAt: Date.now() }
}

/** What may be answered to a request that is sent now: it may take long, into what comes next. */
function rightNow({ begunAt }: Data, presented: Presented): Decision[] {
  const fromMs = Date.now() - begunAt
  const right = rightBetween(timeline, presented, {
    fromMs,
    toMs: fromMs + LONGEST_MS,
    recoveryMs: RECOVERY_SECONDS * 1000,
  })
  const isForgotten = fromMs > (TOKEN_CACHE_SECONDS - 10) * 1000
  return presented === "hot" && isForgotten ? [...right, "unavailable"] : right
}

function timeRecovery({ begunAt }: Data, decision: Decision): void {
  const ms = Date.now() - begunAt
  const phase = phaseAt(timeline, ms)
  const suffers = decision === "unavailable" || decision === "failed"
  if (suffers && phase?.name === "healthy" && phase.startMs > 0) recovery.add(ms - phase.startMs)
}

export function hot(data: Data): void {
  const token = data.hot[exec.scenario.iterationInTest % data.hot.length] as string
  timeRecovery(data, presentGood(token, "hot", rightNow(data, "hot")))
}

export function cold(data: Data): void {
  const token = data.cold[exec.scenario.iterationInTest % data.cold.length] as string
  timeRecovery(data, presentGood(token, "cold", rightNow(data, "cold")))
}

export function bad(data: Data): void {
  timeRecovery(data, presentNextBad(data.bad, rightNow(data, "bad")))
}

/** An outage told as `invalid_grant` or `invalid_client` makes clients give up what is still good. */
export function token(data: Data): void {
  const right = rightNow(data, "token")
  const answer = requestToken(data.server)
  const decision = decisionAtTokenEndpoint(answer)
  judge(answer, decision, { kind: "token", good: true, right })
  timeRecovery(data, decision)
}

/** For who makes the faults by hand. */
export function announce({ begunAt }: Data): void {
  for (const { name, startMs, endMs } of timeline) {
    sleep(Math.max(0, begunAt + startMs - Date.now()) / 1000)
    console.log(`now: ${name}, for ${(endMs - startMs) / 1000} s`)
  }
}
