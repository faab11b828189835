/** `authorization-code`: how many people can connect a client at once, through every page and with PKCE? */
import { check } from "k6"
import exec from "k6/execution"
import { Trend } from "k6/metrics"
import { type AuthorizationServer, authorize, findAuthorizationServer, redeem } from "./lib/authorization-server.ts"
import { type Answer, decisionAtTokenEndpoint, judge } from "./lib/decisions.ts"
import { presentGood } from "./lib/mcp.ts"
import { arrivals, COLD, fewOf, optionsOf, summaryOf } from "./lib/run.ts"
import { durationSeconds, LIMIT_FACTOR, ratePerSecond } from "./lib/settings.ts"

const [rate, seconds] = [ratePerSecond(10, 5), durationSeconds(60, 6)]
/** From `/authorize` to the token. */
const journeys = new Trend("journey", true)

export const options = optionsOf({
  scenarios: { journey: arrivals("journey", rate, seconds) },
  limits: { code: COLD, cold: COLD },
  dropped: fewOf(rate, seconds),
  more: { journey: [`p(95)<${500 * LIMIT_FACTOR}`] },
})
export const handleSummary = summaryOf("authorization-code")

export const setup = (): AuthorizationServer => findAuthorizationServer({ needsPeople: true })

function judgeCode(answer: Answer, kind: string, good: boolean): void {
  judge(answer, decisionAtTokenEndpoint(answer), { kind, good, right: [good ? "admitted" : "refused"] })
}

export function journey(server: AuthorizationServer): void {
  const number = exec.scenario.iterationInTest
  const startedAt = Date.now()
  const code = authorize(server, `person-${number}`)
  check(code, { "the pages lead to a code": (value) => value !== undefined })
  if (code === undefined) return
  // One in ten is tried by somebody who saw the code, but not the verifier; the code stays good for whoever has it.
  if (number % 10 === 3) judgeCode(redeem(server, { ...code, verifier: "x".repeat(43) }), "without its verifier", false)
  const answer = redeem(server, code)
  judgeCode(answer, "code", true)
  if (answer.status !== 200) return
  journeys.add(Date.now() - startedAt)
  presentGood(String(answer.json("access_token")), "cold")
  if (number % 10 === 7) judgeCode(redeem(server, code), "used code", false)
}
