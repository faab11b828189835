/** `smoke`: is everything there that the other scripts need, and is one of each decided rightly? */
import { check } from "k6"
import http from "k6/http"
import { type AuthorizationServer, findAuthorizationServer, requestToken, revoke } from "./lib/authorization-server.ts"
import { decisionAtTokenEndpoint, judge } from "./lib/decisions.ts"
import { call, presentBad, presentGood } from "./lib/mcp.ts"
import { timeUntilRefused } from "./lib/revocation.ts"
import { BAD, COLD, HOT, optionsOf, summaryOf } from "./lib/run.ts"
import { BASE_URLS } from "./lib/settings.ts"
import { expired, forgeriesOf, garbage, mintTokens } from "./lib/tokens.ts"

const ITERATIONS = 5
const wide = (limit: { p95: number; p99: number }) => ({ p95: limit.p95 * 10, p99: limit.p99 * 10 }) // first requests, few of them
export const options = optionsOf({
  scenarios: { smoke: { executor: "per-vu-iterations", vus: 1, iterations: ITERATIONS, maxDuration: "120s" } },
  limits: {
    hot: wide(HOT),
    cold: wide(COLD),
    forged: wide(BAD),
    garbage: wide(BAD),
    revoked: wide(BAD),
    ...(expired().length > 0 && { expired: wide(BAD) }),
  },
})
export const handleSummary = summaryOf("smoke")

interface Data {
  server: AuthorizationServer
  tokens: string[]
}

export function setup(): Data {
  const server = findAuthorizationServer()
  return { server, tokens: mintTokens(server, ITERATIONS) }
}

export default function smoke({ server, tokens }: Data): void {
  const token = tokens[__ITER] as string
  checkDocuments(server.url)
  checkChallenge()

  presentGood(token, "cold")
  for (let i = 0; i < 10; i++) presentGood(token, "hot")
  for (const bad of [...forgeriesOf(token), ...expired(), garbage()]) presentBad(bad)
  const wrongCredentials = requestToken({ ...server, client: { id: server.client.id, secret: "not-the-secret" } })
  judge(wrongCredentials, decisionAtTokenEndpoint(wrongCredentials), {
    kind: "wrong secret",
    good: false,
    right: ["refused"],
  })

  if (__ITER < ITERATIONS - 1) return // where nobody announces revocations, the next lines take a minute
  check(revoke(server, token), { "a token is revoked": ({ status }) => status === 200 })
  const revokedAt = Date.now()
  for (const url of BASE_URLS) timeUntilRefused(token, url, revokedAt)
}

function checkDocuments(issuer: string): void {
  const tags = { name: "documents" }
  const [, origin, path = ""] = /^(https?:\/\/[^/]+)(\/.*)?$/.exec(issuer) ?? []
  const metadata = http.get(`${origin}/.well-known/oauth-authorization-server${path}`, { tags })
  check(metadata, { "metadata names S256": (answer) => answer.json("code_challenge_methods_supported.0") === "S256" })
  const keys = http.get(`${issuer}/jwks`, { tags })
  check(keys, {
    "there are signing keys": (answer) => answer.status === 200 && answer.json("keys.0.kty") !== undefined,
  })
}

/** RFC 9728 §5.1: a client without a token learns where to go, and hears of no error (RFC 6750 §3.1). */
function checkChallenge(): void {
  const answer = call(undefined)
  const challenge = answer.headers["Www-Authenticate"] ?? ""
  check(answer, {
    "no token: 401": ({ status }) => status === 401,
    "no token: the challenge leads to the metadata": () => challenge.includes("resource_metadata="),
    "no token: no error is named": () => !challenge.includes("error="),
  })
}
