/** Google: `tokeninfo` for opaque tokens of one OAuth client. */
import { randomBytes } from "node:crypto"
import { fixture, type Json } from "../fixture.ts"
import { type Answer, startEmulator } from "./emulator.ts"
import { atTime, type Flaw, type ProviderCase, type RunningProvider } from "./provider-case.ts"

const ISSUER = "https://accounts.google.com"
const TOKENINFO = "https://oauth2.googleapis.com/tokeninfo"
const CLIENT = "32555940559.apps.googleusercontent.com"

async function start(now: () => number): Promise<RunningProvider> {
  const known = new Map<string, Json>()
  const invalid: Answer = { status: 400, body: fixture("google.tokeninfo.400") }
  const tokeninfo = ({ form }: { form: URLSearchParams }): Answer => {
    const body = known.get(form.get("access_token") ?? "")
    return body === undefined || Number(body["exp"]) <= now() ? invalid : { status: 200, body }
  }
  const emulator = await startEmulator({
    pages: {
      [`GET ${ISSUER}/.well-known/openid-configuration`]: () => ({ status: 200, body: fixture("google.metadata") }),
      [`POST ${TOKENINFO}`]: tokeninfo,
    },
    // It does not say for how long.
    limited: () => ({ status: 429, body: { error: { code: 429, status: "RESOURCE_EXHAUSTED" } } }),
  })
  const issueAs = (changes: Json, name = "ok") => {
    const token = `ya29.${randomBytes(40).toString("base64url")}`
    known.set(token, { ...atTime(fixture(`google.tokeninfo.${name}`), now()), ...changes })
    return token
  }
  const issue = (kind: "good" | Flaw): string => {
    switch (kind) {
      case "good":
        return issueAs({})
      case "expired":
        return issueAs({ exp: String(Math.floor(now()) - 10) })
      case "of another client":
        return issueAs({ aud: "999.apps.googleusercontent.com", azp: "999.apps.googleusercontent.com" })
      case "without a subject":
        return issueAs({}, "no-identity")
      case "an ID token":
        return "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJpc3MiOiJodHRwczovL2FjY291bnRzLmdvb2dsZS5jb20ifQ.c2ln"
      case "a refresh token":
        return "1//0gFakeRefreshToken"
      default:
        return "ya29.unknown"
    }
  }
  return { emulator, issue, revoke: (token) => void known.delete(token) }
}

export const googleCases: readonly ProviderCase[] = [
  {
    name: "google",
    options: { issuer: ISSUER, allowedClientIds: [CLIENT] },
    strategy: "provider-api",
    says: {
      iss: ISSUER,
      sub: "111260650121185072906",
      client_id: CLIENT,
      scope: "https://www.googleapis.com/auth/userinfo.email email openid mcp",
    },
    revocable: true,
    retryAfterSeconds: 5,
    refuses: {
      expired: "inactive",
      "of another client": "wrong_audience",
      "without a subject": "malformed",
      "an ID token": "inactive",
      "a refresh token": "inactive",
      unknown: "inactive",
    },
    start,
  },
]
