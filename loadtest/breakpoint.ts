/** `breakpoint`: up to which rate does the service keep its limits? The rate grows to ten times its first until one is broken. */
import exec from "k6/execution"
import { Gauge } from "k6/metrics"
import { type AuthorizationServer, findAuthorizationServer, requestToken } from "./lib/authorization-server.ts"
import { decisionAtTokenEndpoint, judge } from "./lib/decisions.ts"
import { presentGood, presentNextBad } from "./lib/mcp.ts"
import { HOT_TOKENS, MIX } from "./lib/mix.ts"
import { HOT, optionsOf, summaryOf, virtualUsers } from "./lib/run.ts"
import { durationSeconds, LIMIT_FACTOR, ratePerSecond } from "./lib/settings.ts"
import { type BadToken, mintBadTokens, mintTokens } from "./lib/tokens.ts"

const [rate, seconds] = [ratePerSecond(200, 100), durationSeconds(120, 10)]
const TIMES = 10
/** The rate at which the last call began: where the run broke off, that is the answer. */
const reached = new Gauge("reached_per_second")

const { thresholds, ...rest } = optionsOf({
  scenarios: {
    ramp: {
      executor: "ramping-arrival-rate",
      exec: "ramp",
      startRate: rate,
      timeUnit: "1s",
      stages: [{ target: rate * TIMES, duration: `${seconds}s` }],
      ...virtualUsers(rate * TIMES),
      gracefulStop: "15s",
    },
  },
  limits: {},
  // The end of the ramp is beyond what the machine can do, most likely: that calls fail there is what was asked for.
  checks: 0,
})
export const options = {
  ...rest,
  thresholds: {
    ...thresholds,
    dropped_iterations: [{ threshold: "count<100", abortOnFail: true }],
    "waiting{kind:hot}": [{ threshold: `p(95)<${HOT.p99 * LIMIT_FACTOR}`, abortOnFail: true, delayAbortEval: "5s" }],
    reached_per_second: [`value>=${rate}`],
  },
}
export const handleSummary = summaryOf("breakpoint")

interface Data {
  server: AuthorizationServer
  hot: string[]
  bad: BadToken[]
}

/** Tokens for all misses of the ramp would be too many: each virtual user has a copy of what is made here. */
export function setup(): Data {
  const server = findAuthorizationServer()
  const hot = mintTokens(server, HOT_TOKENS)
  for (const token of hot) presentGood(token, "first")
  return { server, hot, bad: mintBadTokens(server) }
}

/** One call of the mix: of 115, a hundred with a known token, ten with a new one, five with a bad one. */
export function ramp({ server, hot, bad }: Data): void {
  reached.add(rate * (1 + (TIMES - 1) * exec.scenario.progress))
  const number = exec.scenario.iterationInTest
  const place = (number * 37) % 115
  const known = hot[number % hot.length] as string
  if (place < MIX.hit * 115) presentGood(known, "hot")
  else if (place >= (MIX.hit + MIX.miss) * 115) presentNextBad(bad)
  else if (server.client.secret === undefined)
    presentGood(known, "hot") // nobody could have authorized so many
  else presentNew(server)
}

function presentNew(server: AuthorizationServer): void {
  const answer = requestToken(server)
  judge(answer, decisionAtTokenEndpoint(answer), { kind: "token", good: true, right: ["admitted"] })
  if (answer.status === 200) presentGood(String(answer.json("access_token")), "cold")
}
