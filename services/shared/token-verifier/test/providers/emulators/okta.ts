/** Okta: a custom authorization server, with and without a service app that may introspect, and the organization's own. */
import { verify as verifySignature } from "node:crypto"
import { fixture, type Json } from "../fixture.ts"
import type { Answer } from "./emulator.ts"
import { type Authenticate, basic } from "./introspection.ts"
import { type JwtProvider, startJwtProvider } from "./jwt-provider.ts"
import { atTime, type ProviderCase, RESOURCE } from "./provider-case.ts"
import { keyNamed } from "./signer.ts"

const CUSTOM = "https://acme.okta.com/oauth2/aus59pz16qgMvHvBS0g7"
const ORGANIZATION = "https://acme.okta.com"
const OTHER = "https://acme.okta.com/oauth2/default"
const CLIENT = { clientId: "0oaServiceApp", clientSecret: "s3cret-of/the+app" }
const credentials = { method: "client_secret_basic", ...CLIENT } as const
const RESET_SECONDS = 45

const customDocument = fixture("okta.custom.oauth-authorization-server")
const organizationDocument = fixture("okta.org.openid-configuration")

const wrongSecret: Answer = {
  status: 401,
  body: {
    error: "invalid_client",
    error_description: "The client secret supplied for a confidential client is invalid.",
  },
}

const assertionKey = keyNamed("service-app", "P-256")
const assertions = new Set<string>()

/** `private_key_jwt` (RFC 7523 §3): signed by the app, for us, short, and never seen before. */
const authenticateByAssertion: Authenticate = ({ form, headers }) => {
  const assertion = form.get("client_assertion") ?? ""
  const [header = "", payload = "", signature = ""] = assertion.split(".")
  const signed = Buffer.from(`${header}.${payload}`)
  const key = { key: assertionKey.publicKey, dsaEncoding: "ieee-p1363" as const }
  const isSigned = verifySignature("sha256", signed, key, Buffer.from(signature, "base64url"))
  const claims: Json = isSigned ? JSON.parse(Buffer.from(payload, "base64url").toString()) : {}
  const isOurs = claims["iss"] === CLIENT.clientId && claims["sub"] === CLIENT.clientId && claims["aud"] === CUSTOM
  const isShort = Number(claims["exp"]) - Number(claims["iat"]) <= 60
  const jti = String(claims["jti"])
  const isFirst = !assertions.has(jti)
  assertions.add(jti)
  const isRight = isOurs && isShort && isFirst && headers.authorization === undefined && !form.has("client_secret")
  return isRight ? undefined : { status: 401, body: { error: "invalid_client" } }
}

const authenticate: Authenticate = (asked) =>
  asked.headers.authorization === undefined
    ? { status: 401, body: fixture("okta.error.401.no-client") }
    : basic(CLIENT.clientId, CLIENT.clientSecret, wrongSecret)(asked)

/** No Retry-After: the end of the limit, in seconds since 1970. */
const limited = (): Answer => ({
  status: 429,
  headers: {
    "x-rate-limit-limit": "1200",
    "x-rate-limit-remaining": "0",
    "x-rate-limit-reset": String(Math.floor(Date.now() / 1000) + RESET_SECONDS),
  },
  body: fixture("okta.error.429"),
})

/** What introspection says of what a JWT says: the names of RFC 7662. */
function asAnswer({ cid, scp, ver: _ver, auth_time: _time, ...others }: Json): Json {
  return {
    token_type: "Bearer",
    client_id: cid,
    scope: (scp as string[]).join(" "),
    username: others["sub"],
    ...others,
  }
}

const APPENDED = `${CUSTOM}/.well-known/oauth-authorization-server`
/** Okta's documentation names it too, and others report that it is missing. */
const INSERTED = CUSTOM.replace("/oauth2/", "/.well-known/oauth-authorization-server/oauth2/")

const custom = (now: () => number, place = APPENDED): JwtProvider => ({
  now,
  documents: { [place]: customDocument },
  jwksUri: String(customDocument["jwks_uri"]),
  claims: () => atTime(fixture("okta.custom.access-token"), now()),
  jti: "AT.",
  flawed: {
    "for another API": { aud: "api://default" },
    "of another issuer": { iss: OTHER },
  },
  identity: () => ({
    ...atTime({ sub: "00ujmkLgagxeRrAg20g3", ver: 1, iat: 1795392000, exp: 1795395600 }, now()),
    iss: CUSTOM,
    aud: RESOURCE,
    jti: "ID.1",
    nonce: "n-1",
    scp: [],
  }),
  introspection: {
    endpoint: String(customDocument["introspection_endpoint"]),
    authenticate,
    answer: asAnswer,
    knowsIdTokens: true,
    refusal: wrongSecret,
  },
  limited,
})

const refusesJwts = {
  expired: "expired",
  "for another API": "wrong_audience",
  "of another issuer": "wrong_issuer",
  "an ID token": "wrong_token_kind",
  forged: "bad_signature",
  "bound to a key": "wrong_token_kind",
} as const

const says = {
  iss: CUSTOM,
  sub: "john.doe@example.com",
  client_id: "nmdP1fcyvdVO11AL7ECm",
  scope: "openid mcp:read",
}

export const oktaCases: readonly ProviderCase[] = [
  {
    name: "okta, a custom server that we may ask",
    options: { issuer: CUSTOM, credentials },
    strategy: "hybrid",
    says,
    revocable: true,
    refuses: { ...refusesJwts, "a refresh token": "unknown" },
    start: (now) => startJwtProvider(custom(now)),
  },
  {
    name: "okta, a custom server that we ask with private_key_jwt",
    options: {
      issuer: CUSTOM,
      credentials: {
        method: "private_key_jwt",
        clientId: CLIENT.clientId,
        key: { privateKey: assertionKey.privateKey, alg: "ES256" },
      },
    },
    strategy: "hybrid",
    says,
    revocable: true,
    refuses: { ...refusesJwts, "a refresh token": "unknown" },
    start: (now) => {
      const provider = custom(now)
      if (!provider.introspection) throw new Error("Okta introspects")
      return startJwtProvider({
        ...provider,
        introspection: { ...provider.introspection, authenticate: authenticateByAssertion },
      })
    },
  },
  {
    name: "okta, a custom server alone",
    options: { issuer: CUSTOM },
    strategy: "jwt",
    says,
    revocable: false,
    refuses: { ...refusesJwts, "a refresh token": "malformed" },
    start: (now) => startJwtProvider(custom(now)),
  },
  {
    name: "okta, the organization's server",
    options: { issuer: ORGANIZATION, credentials, allowedAudiences: [ORGANIZATION] },
    strategy: "introspection",
    says: { ...says, iss: ORGANIZATION },
    revocable: true,
    refuses: {
      expired: "inactive",
      "of another issuer": "wrong_issuer",
      "a refresh token": "wrong_token_kind",
      "an ID token": "wrong_token_kind",
      unknown: "inactive",
    },
    start: async (now) => {
      const provider = custom(now)
      const running = await startJwtProvider({
        ...provider,
        documents: { [`${ORGANIZATION}/.well-known/openid-configuration`]: organizationDocument },
        // Its access tokens are signed with a key that this set does not have.
        jwksUri: String(organizationDocument["jwks_uri"]),
        claims: () => ({ ...provider.claims(), iss: ORGANIZATION, aud: ORGANIZATION }),
        flawed: {
          ...provider.flawed,
          unknown: () => "00OpaqueButUnknown",
          "a refresh token": {
            cid: undefined,
            client_id: "nmdP1fcyvdVO11AL7ECm",
            aud: undefined,
            iss: undefined,
            device_id: "d",
          },
        },
        introspection: {
          endpoint: String(organizationDocument["introspection_endpoint"]),
          authenticate,
          refusal: wrongSecret,
          knowsIdTokens: true,
          answer: (claims) => JSON.parse(JSON.stringify(asAnswer({ ...claims, scp: claims["scp"] ?? [] }))),
        },
      })
      const { rotateKeys: _rotate, ...others } = running
      return others
    },
  },
]

/** A custom server whose document stands only where RFC 8414 §3.1 says. */
export const startOktaAtInsertedPath = (now: () => number) => startJwtProvider(custom(now, INSERTED))
