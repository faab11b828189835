/** Keycloak 26.6.2 and later: a realm that answers only a client that the token is also for. */
import { fixture, type Json } from "../fixture.ts"
import { basic, invalidClient } from "./introspection.ts"
import { startJwtProvider } from "./jwt-provider.ts"
import { atTime, type ProviderCase } from "./provider-case.ts"

const ISSUER = "https://kc.example.com/realms/acme"
const document = fixture("keycloak.openid-configuration")
const CLIENT = { clientId: "gatehouse-mcp", clientSecret: "s3cret" }
const AUDIENCE = ["account", "https://mcp.example.com/mcp", CLIENT.clientId]

/** A JWT says what introspection says, but for the names that RFC 7662 gives. */
function claimsOf({ active: _active, client_id: _client, username: _name, ...jwt }: Json): Json {
  return jwt
}

function start(now: () => number, audience: readonly string[]) {
  const claims = () => ({ ...claimsOf(atTime(fixture("keycloak.introspect.active"), now())), aud: audience })
  return startJwtProvider({
    now,
    documents: { [`${ISSUER}/.well-known/openid-configuration`]: document },
    jwksUri: String(document["jwks_uri"]),
    signer: { typ: "JWT", says: { alg: "RS256" } },
    claims,
    flawed: {
      "for another API": { aud: ["account", CLIENT.clientId] },
      "of another issuer": { iss: "https://kc.example.com/realms/other" },
      "without a subject": { sub: undefined },
      "a refresh token": { typ: "Refresh", aud: ISSUER },
    },
    identity: () => ({ ...claims(), typ: "ID", at_hash: "h", aud: AUDIENCE }),
    introspection: {
      endpoint: String(document["introspection_endpoint"]),
      authenticate: basic(CLIENT.clientId, CLIENT.clientSecret),
      refusal: { ...invalidClient, body: { error: "unauthorized_client", error_description: "Invalid client" } },
      answer: (jwt) => ({ ...jwt, client_id: jwt["azp"], username: jwt["preferred_username"], token_type: "Bearer" }),
      knowsIdTokens: true,
      finish: (answer) => ((answer["aud"] as string[]).includes(CLIENT.clientId) ? answer : { active: false }),
    },
  })
}

const says = {
  iss: ISSUER,
  sub: "f4f8f7a0-8c0c-4c8e-9f5b-111111111111",
  client_id: "mcp-client",
  scope: "email profile mcp:read",
}
const refuses = {
  expired: "expired",
  "for another API": "wrong_audience",
  "of another issuer": "wrong_issuer",
  "an ID token": "wrong_token_kind",
  "a refresh token": "wrong_token_kind",
  "without a subject": "malformed",
  forged: "bad_signature",
  "bound to a key": "wrong_token_kind",
} as const

export const keycloakCases: readonly ProviderCase[] = [
  {
    name: "keycloak, asked as well",
    options: { issuer: ISSUER, credentials: { method: "client_secret_basic", ...CLIENT } },
    strategy: "hybrid",
    says,
    revocable: true,
    refuses: { ...refuses, opaque: "unknown" },
    start: (now) => start(now, AUDIENCE),
  },
  {
    name: "keycloak alone",
    options: { issuer: ISSUER },
    strategy: "jwt",
    says,
    revocable: false,
    refuses: { ...refuses, opaque: "malformed" },
    start: (now) => start(now, AUDIENCE),
  },
]

/** A realm whose tokens leave out the client that asks. */
export const startKeycloakWithoutMapper = (now: () => number) => start(now, AUDIENCE.slice(0, 2))
