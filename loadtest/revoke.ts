/** `revoke`: how long after `/revoke` has answered is a token still accepted, at every replica of BASE_URL? */
import exec from "k6/execution"
import { Trend } from "k6/metrics"
import { type AuthorizationServer, findAuthorizationServer, revoke as revokeToken } from "./lib/authorization-server.ts"
import { decisionAtResource, judge } from "./lib/decisions.ts"
import { call } from "./lib/mcp.ts"
import { timeUntilRefused } from "./lib/revocation.ts"
import { arrivals, COLD, fewOf, optionsOf, summaryOf } from "./lib/run.ts"
import { BASE_URLS, durationSeconds, REVOKED_WITHIN_MS, ratePerSecond } from "./lib/settings.ts"
import { mintTokens } from "./lib/tokens.ts"

const [rate, seconds] = [ratePerSecond(5, 5), durationSeconds(60, 6)]
/** From the answer of `/revoke` to the first refusal. */
const refusedAfter = new Trend("refused_after", true)

export const options = optionsOf({
  scenarios: { revocation: arrivals("revocation", rate, seconds) },
  limits: { cold: COLD },
  dropped: fewOf(rate, seconds),
  more: { refused_after: [`p(99)<${REVOKED_WITHIN_MS}`] },
})
export const handleSummary = summaryOf("revoke")

interface Data {
  server: AuthorizationServer
  tokens: string[]
}

export function setup(): Data {
  const server = findAuthorizationServer()
  return { server, tokens: mintTokens(server, Math.ceil(rate * (seconds + 1))) }
}

export function revocation({ server, tokens }: Data): void {
  const token = tokens[exec.scenario.iterationInTest % tokens.length] as string
  for (const url of BASE_URLS) {
    const answer = call(token, url)
    judge(answer, decisionAtResource(answer, true), { kind: "cold", good: true, right: ["admitted"] })
  }
  const revoked = revokeToken(server, token)
  judge(revoked, revoked.status === 200 ? "admitted" : "failed", {
    kind: "POST /revoke",
    good: true,
    right: ["admitted"],
  })
  if (revoked.status !== 200) return
  const revokedAt = Date.now()
  for (const url of BASE_URLS) {
    const ms = timeUntilRefused(token, url, revokedAt)
    if (ms !== undefined) refusedAfter.add(ms)
  }
}
