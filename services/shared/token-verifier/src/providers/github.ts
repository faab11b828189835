/** GitHub: opaque tokens of one OAuth App or GitHub App, which its owner may ask about; every question counts against a limit. */

import { formatBasicCredentials } from "@gatehouse/oauth"
import type { ClientCredentials } from "../http/client-authentication.ts"
import type { HttpAnswer } from "../http/http-client.ts"
import { secondsUntilReset } from "../http/retry-after.ts"
import { unavailableFor } from "../strategies/http-introspection.ts"
import { Unavailable } from "../unavailable.ts"
import { hostIs, textOf } from "./claims.ts"
import type { ProviderPreset } from "./preset.ts"
import type { ProviderApi } from "./provider-api.ts"
import type { RawClaims } from "./raw-claims.ts"

const ISSUER = "https://github.com/login/oauth"
/** When a limit names no end, GitHub asks for at least this. */
const SECONDS_AFTER_LIMIT = 60

// Tokens of an OAuth App (gho_), of a GitHub App for a person (ghu_), and those from before 2021. Personal access tokens (ghp_,
// github_pat_), installations (ghs_) and refresh tokens (ghr_) were given to nobody by our app; and guesses are not worth asking.
const accessToken = /^(?:gh[ou]_\w{16,}|[0-9a-f]{40})$/

/** Scopes that stand under another but do not begin with its name (those that do are covered anyway: `repo:status`). */
const implied: Readonly<Record<string, readonly string[]>> = {
  repo: ["public_repo", "security_events", "repo_deployment"],
  user: ["read:user"],
  "admin:org": ["write:org", "read:org"],
  "write:org": ["read:org"],
  "admin:repo_hook": ["write:repo_hook", "read:repo_hook"],
  "write:repo_hook": ["read:repo_hook"],
  "admin:public_key": ["write:public_key", "read:public_key"],
  "write:public_key": ["read:public_key"],
  "admin:gpg_key": ["write:gpg_key", "read:gpg_key"],
  "write:gpg_key": ["read:gpg_key"],
  "write:packages": ["read:packages"],
  "write:discussion": ["read:discussion"],
  project: ["read:project"],
}

type OwnCredentials = Extract<ClientCredentials, { clientSecret: string }>

const hasSecret = (credentials: ClientCredentials | undefined): credentials is OwnCredentials =>
  credentials !== undefined && "clientSecret" in credentials

const api: ProviderApi = {
  endpoint: (clientId = "") => `https://api.github.com/applications/${encodeURIComponent(clientId)}/token`,
  needs: ({ credentials }) =>
    hasSecret(credentials)
      ? undefined
      : "INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET, those of the OAuth App or GitHub App",
  probeToken: "gho_GatehouseProbe000000000000000000000000",
  request: (token, { endpoint, credentials }) =>
    !accessToken.test(token) || !hasSecret(credentials)
      ? undefined
      : {
          method: "POST",
          url: endpoint,
          headers: {
            authorization: formatBasicCredentials(credentials),
            accept: "application/vnd.github+json",
            "content-type": "application/json",
            "x-github-api-version": "2022-11-28",
            "user-agent": "gatehouse", // without one GitHub answers 403
          },
          body: JSON.stringify({ access_token: token }),
        },
  read,
}

/** @throws Unavailable */
function read(answer: HttpAnswer): RawClaims {
  const { status, json } = answer
  if (status === 404 || status === 422) return { active: false }
  if (status === 403 || status === 429) throw limitOf(answer) ?? unavailableFor(answer)
  if (status !== 200 || typeof json !== "object" || json === null) throw unavailableFor(answer)
  const { user, app, scopes, expires_at: expiresAt } = json as RawClaims
  const client = textOf(memberOf(app, "client_id"))
  const id = memberOf(user, "id")
  if (client === undefined) throw new Unavailable("bad_response", { cause: new TypeError("no app.client_id") })
  return {
    active: true,
    // The login can be changed, and then taken by somebody else.
    sub: typeof id === "number" ? String(id) : undefined,
    client_id: client,
    aud: client,
    scope: scopeOf(scopes),
    exp: expiryOf(expiresAt),
  }
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as RawClaims)[name] : undefined

/** Tokens of a GitHub App have permissions in place of scopes: null. */
function scopeOf(scopes: unknown): string | undefined {
  if (scopes === null || scopes === undefined) return undefined
  if (!Array.isArray(scopes) || !scopes.every((scope) => typeof scope === "string"))
    throw new Unavailable("bad_response", { cause: new TypeError("scopes is unreadable") })
  return [...new Set(scopes.flatMap((scope) => [scope, ...(implied[scope] ?? [])]))].join(" ")
}

/** Null: it lives until it is revoked, or unused for a year. */
function expiryOf(expiresAt: unknown): number | undefined {
  if (expiresAt === null || expiresAt === undefined) return undefined
  const seconds = typeof expiresAt === "string" ? Date.parse(expiresAt) / 1000 : Number.NaN
  if (Number.isNaN(seconds)) throw new Unavailable("bad_response", { cause: new TypeError("expires_at is unreadable") })
  return seconds
}

/** A limit answers 403 as often as 429; what tells it from a refusal are its headers, or else only its words. */
function limitOf({ status, headers, json, retryAfterSeconds }: HttpAnswer): Unavailable | undefined {
  const isSpent = headers["x-ratelimit-remaining"] === "0"
  const isSecondary = /secondary rate limit/i.test(String(memberOf(json, "message")))
  if (status !== 429 && retryAfterSeconds === undefined && !isSpent && !isSecondary) return undefined
  const untilReset = isSpent ? secondsUntilReset(headers) : undefined
  return new Unavailable("rate_limited", {
    cause: new Error(`GitHub answered ${status}: its limit of requests is reached`),
    retryAfterSeconds: retryAfterSeconds ?? untilReset ?? SECONDS_AFTER_LIMIT,
  })
}

export const github: ProviderPreset = {
  name: "github",
  recognizes: hostIs("github.com"),
  issuerOf: (configured) => (new URL(configured).hostname === "github.com" ? ISSUER : configured),
  strategies: ["provider-api"],
  accessTokens: "opaque",
  jwtTypes: [],
  audience: "client",
  // Its scopes are about GitHub: whoever our app let in may use what we offer.
  grantedScopes: ["mcp"],
  advertisedScopes: ["read:user"],
  api,
}
