/** `refresh`: rotation under load. Does every rotation give a successor, is a lost answer repeated, is a stolen token noticed? */
import { check, sleep } from "k6"
import exec from "k6/execution"
import {
  type AuthorizationServer,
  findAuthorizationServer,
  type Grant,
  grantOf,
  refreshTogether,
  refresh as requestRefresh,
} from "./lib/authorization-server.ts"
import { type Answer, decisionAtTokenEndpoint, judge } from "./lib/decisions.ts"
import { presentBad, presentGood } from "./lib/mcp.ts"
import { optionsOf, summaryOf } from "./lib/run.ts"
import { concurrency, durationSeconds, REVOKED_WITHIN_MS } from "./lib/settings.ts"
import { mintGrants } from "./lib/tokens.ts"

/** Each has a grant of their own and refreshes it over and over: a chain can't be taken at a given rate. */
const [clients, seconds] = [concurrency(20, 5), durationSeconds(60, 6)]
const THEFTS = 5

export const options = optionsOf({
  scenarios: {
    rotate: { executor: "constant-vus", exec: "rotate", vus: clients, duration: `${seconds}s` },
    steal: { executor: "shared-iterations", exec: "steal", vus: 1, iterations: THEFTS, maxDuration: "60s" },
  },
  limits: { rotation: { p95: 150, p99: 400 } },
})
export const handleSummary = summaryOf("refresh")

interface Data {
  server: AuthorizationServer
  grants: Grant[]
  toSteal: Grant[]
}

export function setup(): Data {
  const server = findAuthorizationServer({ needsPeople: true })
  // By the number of the virtual user, and any of them may be the one that steals.
  const grants = mintGrants(server, clients + 1 + THEFTS)
  return { server, grants: grants.slice(0, clients + 1), toSteal: grants.slice(clients + 1) }
}

function judgeRotation(answer: Answer, kind: string, good: boolean): void {
  judge(answer, decisionAtTokenEndpoint(answer), { kind, good, right: [good ? "admitted" : "refused"] })
}

/** The newest of this virtual user. */
let grant: Grant | undefined

export function rotate({ server, grants }: Data): void {
  grant ??= grants[exec.vu.idInInstance - 1] as Grant
  sleep(0.1)
  if (exec.vu.iterationInScenario % 10 === 9) repeat(server, grant)
  else rotateOnce(server, grant)
}

function rotateOnce(server: AuthorizationServer, { refreshToken: presented }: Grant): void {
  const answer = requestRefresh(server, presented)
  judgeRotation(answer, "rotation", true)
  if (answer.status !== 200) return
  grant = grantOf(answer)
  check(grant, { "the successor is another token": ({ refreshToken }) => refreshToken !== presented })
  if (exec.vu.iterationInScenario % 10 === 0) presentGood(grant.accessToken, "cold")
}

/** A client that lost the answer asks again with the same token, perhaps while the first is under way: both get one successor. */
function repeat(server: AuthorizationServer, { refreshToken }: Grant): void {
  const answers = refreshTogether(server, [refreshToken, refreshToken])
  for (const answer of answers) judgeRotation(answer, "repetition", true)
  const grants = answers.filter(({ status }) => status === 200).map(grantOf)
  check(grants, { "repeated: the same successor": ([a, b]) => a?.refreshToken === b?.refreshToken })
  grant = grants[0] ?? grant
}

/** Who has a used token whose successor was used too is a thief, or was robbed: the grant ends, with everything of it (RFC 9700 §4.14.2). */
export function steal({ server, toSteal }: Data): void {
  const first = toSteal[exec.scenario.iterationInTest] as Grant
  const second = grantOf(requestRefresh(server, first.refreshToken))
  const third = grantOf(requestRefresh(server, second.refreshToken))
  presentGood(third.accessToken, "cold")
  judgeRotation(requestRefresh(server, first.refreshToken), "stolen", false)
  judgeRotation(requestRefresh(server, third.refreshToken), "of an ended grant", false)
  sleep(REVOKED_WITHIN_MS / 1000)
  presentBad({ kind: "of an ended grant", token: third.accessToken })
}
