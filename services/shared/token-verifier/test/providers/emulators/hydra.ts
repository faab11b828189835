/** Ory Hydra: a public port with the metadata, an admin port that answers whoever reaches it. */
import { randomBytes } from "node:crypto"
import { fixture, type Json } from "../fixture.ts"
import { startEmulator } from "./emulator.ts"
import { createIntrospection } from "./introspection.ts"
import { atTime, type Flaw, type ProviderCase, RESOURCE, type RunningProvider } from "./provider-case.ts"

const ISSUER = "https://hydra.example.com"
const ADMIN = "http://hydra-admin.auth.svc:4445/admin/oauth2/introspect"

const metadata = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/oauth2/auth`,
  token_endpoint: `${ISSUER}/oauth2/token`,
  revocation_endpoint: `${ISSUER}/oauth2/revoke`,
  jwks_uri: `${ISSUER}/.well-known/jwks.json`,
  code_challenge_methods_supported: ["plain", "S256"],
}

async function start(audience: readonly string[], now: () => number): Promise<RunningProvider> {
  const introspection = createIntrospection({
    now,
    authenticate: ({ headers }) =>
      headers.authorization === undefined
        ? undefined
        : { status: 400, body: { error: "nobody asked for credentials" } },
  })
  const emulator = await startEmulator({
    pages: {
      [`GET ${ISSUER}/.well-known/oauth-authorization-server`]: () => ({ status: 200, body: metadata }),
      [`POST ${ADMIN}`]: introspection.respond,
    },
  })
  const issueAs = (changes: Json, prefix = "ory_at_") => {
    const token = prefix + randomBytes(30).toString("base64url")
    introspection.know(token, { ...atTime(fixture("hydra.introspect.active"), now()), aud: audience, ...changes })
    return token
  }
  const flaws: Partial<Record<Flaw, () => string>> = {
    expired: () => issueAs({ exp: Math.floor(now()) - 10 }),
    "for another API": () => issueAs({ aud: ["https://other.example.com"] }),
    "for nobody": () => issueAs({ aud: [] }),
    "of another client": () => issueAs({ client_id: "another" }),
    "of another issuer": () => issueAs({ iss: "https://other.example.com" }),
    "a refresh token": () => issueAs({ token_use: "refresh_token" }, "ory_rt_"),
    unknown: () => "ory_at_unknown",
  }
  return {
    emulator,
    issue: (kind) => (kind === "good" ? issueAs({}) : (flaws[kind]?.() ?? "ory_at_unknown")),
    revoke: introspection.revoke,
  }
}

const options = { issuer: ISSUER, provider: "hydra", introspectionUrl: ADMIN, credentials: { method: "none" } } as const
const says = { iss: ISSUER, sub: "alice", client_id: "mcp-client", scope: "openid mcp:read" }
const refuses = {
  expired: "inactive",
  "for another API": "wrong_audience",
  "of another issuer": "wrong_issuer",
  "a refresh token": "wrong_token_kind",
  unknown: "inactive",
} as const

export const hydraCases: readonly ProviderCase[] = [
  {
    name: "hydra, tokens with our audience",
    options,
    strategy: "introspection",
    says,
    revocable: true,
    refuses: { ...refuses, "for nobody": "wrong_audience" },
    start: (now) => start([RESOURCE], now),
  },
  {
    name: "hydra, tokens for nobody of allowed clients",
    options: { ...options, allowedClientIds: ["mcp-client"] },
    strategy: "introspection",
    says,
    revocable: true,
    refuses: { ...refuses, "of another client": "wrong_audience" },
    start: (now) => start([], now),
  },
]
