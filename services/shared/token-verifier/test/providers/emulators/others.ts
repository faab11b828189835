/** The providers that follow their metadata, and authorization servers that no preset knows. */
import type { AuthorizationServerOptions } from "../../../src/options.ts"
import { FIXTURE_TIME, fixture, type Json } from "../fixture.ts"
import { type Authenticate, basic, post } from "./introspection.ts"
import { type JwtProvider, startJwtProvider } from "./jwt-provider.ts"
import { atTime, type Flaw, type ProviderCase, RESOURCE } from "./provider-case.ts"
import type { SignerOptions } from "./signer.ts"

interface Standard {
  name: string
  issuer: string
  options?: Partial<AuthorizationServerOptions>
  strategy: ProviderCase["strategy"]
  claims: Json
  says: ProviderCase["says"]
  signer?: SignerOptions
  /** Address of introspection; `unpublished` keeps it out of the metadata. */
  introspection?: {
    endpoint: string
    unpublished?: boolean
    authenticate?: Authenticate
    finish?: (answer: Json) => Json
  }
  identity?: Json
  refuses?: ProviderCase["refuses"]
  flawed?: JwtProvider["flawed"]
  /** What its metadata says beyond the usual. */
  metadata?: Json
  /** Where its document stands; appended as OpenID Connect says when absent. */
  document?: string
}

const CLIENT = { clientId: "gatehouse@mcp", clientSecret: "p:ß%+/ s3cret" }
const credentials = { method: "client_secret_basic", ...CLIENT } as const
const lifetime = { iat: FIXTURE_TIME, exp: FIXTURE_TIME + 3600 }

const signed = {
  expired: "expired",
  "for another API": "wrong_audience",
  "of another issuer": "wrong_issuer",
  "an ID token": "wrong_token_kind",
  forged: "bad_signature",
} as const
const asked = {
  expired: "inactive",
  "for another API": "wrong_audience",
  "of another issuer": "wrong_issuer",
  unknown: "inactive",
} as const

function standard(own: Standard): ProviderCase {
  const { issuer, introspection, strategy, signer = {} } = own
  const withoutSlash = issuer.replace(/\/$/, "")
  const metadata = {
    issuer,
    jwks_uri: `${withoutSlash}/jwks`,
    ...own.metadata,
    ...(introspection && !introspection.unpublished && { introspection_endpoint: introspection.endpoint }),
  }
  const refuses: ProviderCase["refuses"] = own.refuses ?? (strategy === "introspection" ? asked : signed)
  return {
    name: own.name,
    options: { issuer, ...(introspection && { credentials }), ...own.options },
    strategy,
    says: { iss: issuer, ...own.says },
    revocable: strategy !== "jwt",
    refuses,
    start: (now) => {
      const claims = () => atTime({ iss: issuer, ...lifetime, ...own.claims }, now())
      const { nonce: _nonce, ...identity } = claims()
      return startJwtProvider({
        now,
        documents: { [own.document ?? `${withoutSlash}/.well-known/openid-configuration`]: metadata },
        jwksUri: metadata.jwks_uri,
        signer,
        claims,
        flawed: {
          "for another API": { aud: "https://other.example.com" },
          "for nobody": { aud: undefined },
          "of another client": { client_id: "another", azp: "another" },
          "of another issuer": { iss: "https://other.example.com" },
          unknown: () => "opaqueAndUnknown",
          ...own.flawed,
        },
        ...(signer.typ?.endsWith("at+jwt") && { identityTyp: "JWT" }),
        identity: () => own.identity ?? { ...identity, at_hash: "h" },
        ...(introspection && {
          introspection: {
            endpoint: introspection.endpoint,
            authenticate: introspection.authenticate ?? basic(CLIENT.clientId, CLIENT.clientSecret),
            answer: (answer: Json) => JSON.parse(JSON.stringify(answer)),
            ...(introspection.finish && { finish: introspection.finish }),
          },
        }),
      })
    },
  }
}

/** Introspection answers of the fixtures, as the claims that their provider knows. */
const answerOf = (name: string): Json => {
  const { active: _active, ...claims } = fixture(`${name}.introspect.active`)
  return claims
}

const zitadel = answerOf("zitadel")
const person = { sub: "user-1", client_id: "client-1", scope: "mcp:read" }

const named: readonly ProviderCase[] = [
  standard({
    name: "zitadel",
    issuer: "https://acme.zitadel.cloud",
    options: { allowedAudiences: ["69234237810729019"] },
    strategy: "introspection",
    claims: { ...zitadel, aud: [...(zitadel["aud"] as string[]), CLIENT.clientId] },
    says: { sub: "170086824411201793", client_id: "78366401571920522@acme" },
    introspection: {
      endpoint: "https://acme.zitadel.cloud/oauth/v2/introspect",
      finish: (answer) => ((answer["aud"] as unknown[]).includes(CLIENT.clientId) ? answer : { active: false }),
    },
    refuses: { ...asked, "for another API": "inactive" },
    flawed: { "for another API": { aud: ["another project"] } },
  }),
  standard({
    name: "authentik",
    issuer: "https://id.example.com/application/o/mcp/",
    options: { allowedClientIds: ["client-1"] },
    strategy: "hybrid",
    // Its access token is its ID token with two claims more: a nonce is in both.
    claims: { sub: "hash-of-user-1", aud: "client-1", azp: "client-1", uid: "u", nonce: "n", scope: "mcp:read" },
    says: { sub: "hash-of-user-1", client_id: "client-1", scope: "mcp:read" },
    signer: { typ: "JWT" },
    identity: { iss: "https://id.example.com/application/o/mcp/", sub: "hash-of-user-1", aud: "client-1", nonce: "n" },
    introspection: { endpoint: "https://id.example.com/application/o/introspect/" },
    refuses: { ...signed, "of another client": "wrong_audience" },
    flawed: { "of another client": { aud: "another", azp: "another" } },
  }),
  standard({
    name: "pingone",
    issuer: "https://auth.pingone.com/31cf3db9/as",
    strategy: "hybrid",
    claims: { ...person, aud: [RESOURCE] },
    says: person,
    introspection: { endpoint: "https://auth.pingone.com/31cf3db9/as/introspect" },
  }),
  standard({
    name: "curity",
    issuer: "https://login.example.com/oauth/v2/oauth-anonymous",
    options: { provider: "curity" },
    strategy: "introspection",
    claims: { ...person, aud: RESOURCE, purpose: "access_token" },
    refuses: { ...asked, "a refresh token": "wrong_token_kind" },
    flawed: { "a refresh token": { purpose: "refresh_token" } },
    says: person,
    introspection: {
      endpoint: "https://login.example.com/oauth/v2/oauth-introspect",
      // Whoever would take a JWT gets one in place of JSON.
      authenticate: (request) =>
        request.headers.accept === "application/json"
          ? basic(CLIENT.clientId, CLIENT.clientSecret)(request)
          : { status: 200, headers: { "content-type": "application/jwt" }, body: "eyJ.phantom.token" },
    },
  }),
  standard({
    name: "stytch",
    issuer: "https://acme.customers.stytch.dev",
    options: { allowedAudiences: ["project-test-11111111-2222-3333-4444-555555555555"] },
    strategy: "hybrid",
    claims: answerOf("stytch"),
    says: { sub: "user-test-6f0b", client_id: "connected-app-test-1", scope: "openid email mcp:read" },
    document: "https://acme.customers.stytch.dev/.well-known/oauth-authorization-server",
    introspection: { endpoint: "https://acme.customers.stytch.dev/v1/oauth2/introspect", unpublished: true },
  }),
  standard({
    name: "clerk",
    issuer: "https://brave-cat-1.clerk.accounts.dev",
    options: { allowedClientIds: ["d2bTbNvEa2wHrJZB"] },
    strategy: "introspection",
    claims: { ...answerOf("clerk"), iss: undefined, exp: undefined },
    says: { sub: "user_2x9EXAMPLE", client_id: "d2bTbNvEa2wHrJZB", scope: "profile email" },
    document: "https://brave-cat-1.clerk.accounts.dev/.well-known/oauth-authorization-server",
    introspection: { endpoint: "https://brave-cat-1.clerk.accounts.dev/oauth/token_info", unpublished: true },
    refuses: { ...asked, "of another client": "wrong_audience" },
  }),
  standard({
    name: "logto",
    issuer: "https://acme.logto.app/oidc",
    strategy: "jwt",
    claims: { ...person, aud: RESOURCE },
    says: person,
    signer: { kind: "P-384", typ: "at+jwt" },
    refuses: { ...signed, opaque: "malformed" },
  }),
  standard({
    name: "workos",
    issuer: "https://acme.authkit.app",
    strategy: "jwt",
    claims: { ...person, aud: RESOURCE },
    says: person,
  }),
  standard({
    name: "descope",
    issuer: "https://api.descope.com/v1/apps/agentic/P1/MS1",
    strategy: "jwt",
    claims: { sub: "user-1", azp: "client-1", scope: "mcp:read", aud: ["P1", RESOURCE] },
    says: person,
    signer: { typ: "JWT" },
  }),
  standard({
    name: "scalekit, during its move",
    issuer: "https://acme.scalekit.com/resources/res_1",
    options: { allowedAudiences: ["res_1"] },
    strategy: "jwt",
    claims: { ...person, iss: "https://acme.scalekit.com", aud: ["res_1"] },
    says: person,
    document: "https://acme.scalekit.com/.well-known/oauth-authorization-server/resources/res_1",
  }),
  standard({
    name: "supabase",
    issuer: "https://abc.supabase.co/auth/v1",
    options: { allowedClientIds: ["9a8b7c6d-0000-0000-0000-000000000000"] },
    strategy: "jwt",
    claims: fixture("supabase.access-token"),
    says: { sub: "8d5a3c1e-0000-0000-0000-000000000000", client_id: "9a8b7c6d-0000-0000-0000-000000000000" },
    signer: { kind: "P-256", typ: "JWT" },
    refuses: { ...signed, "of another client": "wrong_audience" },
  }),
]

const flaws = (name: Flaw, reason: ProviderCase["refuses"][Flaw]) => ({ [name]: reason })

const unnamed: readonly ProviderCase[] = [
  standard({
    name: "gatehouse, our own server",
    issuer: "https://auth.example.com",
    options: { provider: "gatehouse" },
    metadata: { gatehouse_access_token_type: "at+jwt" },
    strategy: "hybrid",
    claims: { ...person, aud: RESOURCE },
    says: person,
    signer: { kind: "P-256", typ: "at+jwt" },
    introspection: { endpoint: "https://auth.example.com/introspect" },
    refuses: { ...signed, ...flaws("for nobody", "wrong_audience"), ...flaws("opaque", "unknown") },
  }),
  standard({
    name: "generic, by introspection",
    issuer: "https://as.example.com",
    options: { credentials: { method: "client_secret_post", ...CLIENT } },
    strategy: "introspection",
    claims: { ...person, scope: ["mcp:read"], aud: RESOURCE },
    says: person,
    introspection: {
      endpoint: "https://as.example.com/introspect",
      authenticate: post(CLIENT.clientId, CLIENT.clientSecret),
    },
    refuses: { ...asked, ...flaws("for nobody", "wrong_audience") },
  }),
  standard({
    name: "generic, by RFC 9068",
    issuer: "https://as.example.com/tenant",
    strategy: "jwt",
    claims: { ...person, aud: ["https://other.example.com", RESOURCE] },
    says: person,
    signer: { kind: "P-256", typ: "application/at+jwt" },
    document: "https://as.example.com/.well-known/oauth-authorization-server/tenant",
    refuses: { ...signed, ...flaws("for nobody", "wrong_audience") },
  }),
  standard({
    name: "oidc, whose JWTs have no type",
    issuer: "https://op.example.com",
    options: { provider: "oidc" },
    strategy: "jwt",
    claims: { sub: "user-1", azp: "client-1", scp: ["mcp:read"], aud: RESOURCE },
    says: person,
  }),
]

export const otherCases: readonly ProviderCase[] = [...named, ...unnamed]
