/** GitHub: the endpoint that checks tokens of one application, its limits, and what it thinks of requests without a name. */
import { randomBytes } from "node:crypto"
import { parseBasicCredentials } from "@gatehouse/oauth"
import { fixture, type Json } from "../fixture.ts"
import { type Answer, type Asked, startEmulator } from "./emulator.ts"
import { atTime, type Flaw, type ProviderCase, type RunningProvider } from "./provider-case.ts"

const ISSUER = "https://github.com/login/oauth"
const CLIENT = "Iv1.8a61f9b3a7aba766"
const SECRET = "0123456789abcdef"
const RESET_SECONDS = 45

const limits = (remaining: number) => ({
  "x-ratelimit-limit": "5000",
  "x-ratelimit-remaining": String(remaining),
  "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + RESET_SECONDS),
})

function tokenIn(body: string): unknown {
  try {
    return JSON.parse(body)["access_token"]
  } catch {
    return undefined
  }
}

async function start(body: string, now: () => number): Promise<RunningProvider> {
  const known = new Map<string, Json>()
  let secret = SECRET
  const check = ({ headers, body: sent }: Asked): Answer => {
    // GitHub turns away who does not say what program it is.
    if (headers["user-agent"] === undefined)
      return { status: 403, body: "Request forbidden by administrative rules. Please send a User-Agent header." }
    const credentials = parseBasicCredentials(headers.authorization ?? "")
    if (credentials?.clientId !== CLIENT || credentials.clientSecret !== secret)
      return { status: 401, body: fixture("github.401.bad-app-credentials") }
    const token = tokenIn(sent)
    if (typeof token !== "string")
      return { status: 422, headers: limits(4999), body: fixture("github.check-token.422") }
    const found = known.get(token)
    return found
      ? { status: 200, headers: limits(4999), body: found }
      : { status: 404, headers: limits(4999), body: fixture("github.check-token.404") }
  }
  const emulator = await startEmulator({
    pages: {
      "GET https://github.com/.well-known/oauth-authorization-server/login/oauth": () => ({
        status: 200,
        body: fixture("github.oauth-authorization-server"),
      }),
      [`POST https://api.github.com/applications/${CLIENT}/token`]: check,
    },
    // The end of an hour, not of a question: 403 as well as 429.
    limited: () => ({ status: 403, headers: limits(0), body: fixture("github.403.rate-limit") }),
  })
  const random = (prefix: string) => prefix + randomBytes(18).toString("hex")
  const issueAs = (changes: Json) => {
    const token = random("gho_")
    const answer = atTime(fixture(`github.check-token.ok.${body}`), now())
    known.set(token, { ...answer, app: { ...(answer["app"] as Json), client_id: CLIENT }, ...changes })
    return token
  }
  const issue = (kind: "good" | Flaw): string => {
    switch (kind) {
      case "good":
        return issueAs({})
      case "expired":
        return issueAs({ expires_at: new Date((now() - 60) * 1000).toISOString() })
      case "of another client":
        return issueAs({ app: { client_id: "Iv1.another" } })
      case "without a subject":
        return issueAs({ user: null })
      case "a refresh token":
        return random("ghr_")
      case "opaque":
        return random("ghp_")
      default:
        return random("gho_")
    }
  }
  const rejectCredentials = () => {
    secret = "changed at GitHub"
  }
  return { emulator, issue, revoke: (token) => void known.delete(token), rejectCredentials }
}

const kind = (name: string, body: string, scope: string): ProviderCase => ({
  name: `github, ${name}`,
  options: {
    issuer: "https://github.com",
    credentials: { method: "client_secret_basic", clientId: CLIENT, clientSecret: SECRET },
  },
  strategy: "provider-api",
  says: { iss: ISSUER, sub: "1", client_id: CLIENT, scope },
  revocable: true,
  refuses: {
    expired: "expired",
    "of another client": "wrong_audience",
    "without a subject": "malformed",
    "a refresh token": "inactive",
    opaque: "inactive",
    unknown: "inactive",
  },
  start: (now) => start(body, now),
})

const EXPANDED = "read:user repo public_repo security_events repo_deployment mcp"

export const githubCases: readonly ProviderCase[] = [
  kind("an OAuth App's token without expiry", "no-expiry", EXPANDED),
  kind("a token that expires", "expiring", EXPANDED),
  kind("a GitHub App's token for a person", "github-app", "mcp"),
]
