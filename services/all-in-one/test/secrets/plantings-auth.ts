/** Where clients put secrets at the authorization server: each place once, in good requests and in bad ones. */
import { formatBasicCredentials } from "@gatehouse/oauth"
import { asToken, FORM, form, JSON_TYPE, jwt, type Planting, post, raw, type World } from "./planting.ts"
import { REDIRECT_URI } from "./setting.ts"

const basic = (clientId: string, clientSecret: string) => ({
  authorization: formatBasicCredentials({ clientId, clientSecret }),
})

const nightly = (world: World) => basic("nightly", world.clientSecret)
const resourceServer = (world: World) => basic("mcp", world.introspectionSecret)

/** Of a grant, so that its form is right and the store is asked. */
const opaque = (prefix: string, secret: string) =>
  `${prefix}${"A".repeat(22)}.${asToken(secret).slice(0, 43).padEnd(43, "x")}`

const code = { grant_type: "authorization_code", client_id: "app", redirect_uri: REDIRECT_URI }
const refresh = { grant_type: "refresh_token", client_id: "app" }
const assertion = { client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" }
const credentials = { grant_type: "client_credentials" }

const tokenRequests: Planting[] = [
  {
    where: "code",
    send: (s, w) => form("/token", { ...code, code: opaque("ghc_", s), code_verifier: "v".repeat(43) })(w),
  },
  { where: "code of no known form", send: (s, w) => form("/token", { ...code, code: s, code_verifier: s })(w) },
  { where: "code_verifier", send: (s, w) => form("/token", { ...code, code: "ghc_x", code_verifier: s.repeat(2) })(w) },
  { where: "refresh_token", send: (s, w) => form("/token", { ...refresh, refresh_token: opaque("ghr_", s) })(w) },
  { where: "refresh_token of no known form", send: (s, w) => form("/token", { ...refresh, refresh_token: s })(w) },
  {
    where: "client_secret in the form",
    send: (s, w) => form("/token", { ...credentials, client_id: "nightly", client_secret: s })(w),
  },
  {
    where: "client_secret of a public client",
    send: (s, w) => form("/token", { ...refresh, client_secret: s, refresh_token: "x" })(w),
  },
  { where: "client_secret in Basic", send: (s, w) => form("/token", credentials, basic("nightly", s))(w) },
  {
    where: "client_secret in Basic, of an unknown client",
    send: (s, w) => form("/token", credentials, basic("nobody", s))(w),
  },
  {
    where: "client_secret in the place of client_id, Basic",
    send: (s, w) => form("/token", credentials, basic(s, "nightly"))(w),
  },
  {
    where: "client_secret in the place of client_id, form",
    send: (s, w) => form("/token", { ...refresh, client_id: s, refresh_token: "x" })(w),
  },
  {
    where: "Basic that is no base64",
    send: (s, w) => form("/token", credentials, { authorization: `Basic {${s}}` })(w),
  },
  {
    where: "Basic without a colon",
    send: (s, w) => form("/token", credentials, { authorization: `Basic ${btoa(s)}` })(w),
  },
  {
    where: "Bearer at the token endpoint",
    send: (s, w) => form("/token", credentials, { authorization: `Bearer ${s}` })(w),
  },
  { where: "Authorization without a scheme", send: (s, w) => form("/token", credentials, { authorization: s })(w) },
  {
    where: "Basic and form at once",
    send: (s, w) => form("/token", { ...credentials, client_secret: s }, basic("nightly", s))(w),
  },
  {
    where: "client_assertion",
    send: (s, w) =>
      form("/token", { ...credentials, ...assertion, client_assertion: jwt(s, { iss: "app", aud: w.issuer }) })(w),
  },
  {
    where: "client_assertion that is no JWT",
    send: (s, w) => form("/token", { ...credentials, ...assertion, client_assertion: s })(w),
  },
  {
    where: "client_assertion_type",
    send: (s, w) => form("/token", { ...credentials, client_assertion: "x", client_assertion_type: s })(w),
  },
  {
    where: "password of RFC 6749 §4.3",
    send: (s, w) => form("/token", { grant_type: "password", username: "ada", password: s }, nightly(w))(w),
  },
  { where: "grant_type", send: (s, w) => form("/token", { grant_type: s }, nightly(w))(w) },
  { where: "scope", send: (s, w) => form("/token", { ...credentials, scope: s }, nightly(w))(w) },
  {
    where: "resource",
    send: (s, w) => form("/token", { ...credentials, resource: `https://user:${s}@app.test/` }, nightly(w))(w),
  },
  {
    where: "a parameter that nobody knows, good request",
    send: (s, w) => form("/token", { ...credentials, api_key: s }, nightly(w))(w),
  },
  { where: "a parameter's name", send: (s, w) => form("/token", { ...credentials, [s]: "x" }, nightly(w))(w) },
  {
    where: "a parameter twice",
    send: (s, w) => post(`${w.issuer}/token`, `code=${s}&code=${s}`, { "content-type": FORM, ...nightly(w) }),
  },
  {
    where: "a parameter's name twice",
    send: (s, w) =>
      post(`${w.issuer}/token`, `${encodeURIComponent(s)}=1&${encodeURIComponent(s)}=2`, {
        "content-type": FORM,
        ...nightly(w),
      }),
  },
  {
    where: "percent signs that mean nothing",
    send: (s, w) => post(`${w.issuer}/token`, `code=%zz${s}%`, { "content-type": FORM }),
  },
  {
    where: "JSON at the token endpoint",
    send: (s, w) => post(`${w.issuer}/token`, JSON.stringify({ client_secret: s }), { "content-type": JSON_TYPE }),
  },
  { where: "a content type", send: (s, w) => post(`${w.issuer}/token`, "x=1", { "content-type": `text/${s}` }) },
  { where: "text/plain", send: (s, w) => post(`${w.issuer}/token`, `code=${s}`, { "content-type": "text/plain" }) },
  { where: "a body that is too large", send: (s, w) => form("/token", { code: s, padding: "x".repeat(70_000) })(w) },
  {
    where: "a header that is too large",
    send: (s, w) =>
      raw(w.authPort, ["POST /token HTTP/1.1", "Host: x", `Authorization: Bearer ${s}${"x".repeat(20_000)}`]),
  },
  { where: "what is no HTTP", send: (s, w) => raw(w.authPort, [`${s} /token`]) },
  {
    where: "Authorization twice",
    send: (s, w) =>
      raw(
        w.authPort,
        [
          "POST /token HTTP/1.1",
          "Host: x",
          `Content-Type: ${FORM}`,
          `Authorization: Basic ${btoa(`nightly:${s}`)}`,
          `Authorization: Bearer ${s}`,
          "Content-Length: 29",
        ],
        "grant_type=client_credentials",
      ),
  },
  {
    where: "a token in the query of the token endpoint",
    send: (s, w) => form(`/token?client_secret=${encodeURIComponent(s)}`, credentials, nightly(w))(w),
  },
]

const introspectionAndRevocation: Planting[] = [
  { where: "token to introspect", send: (s, w) => form("/introspect", { token: s }, resourceServer(w))(w) },
  { where: "JWT to introspect", send: (s, w) => form("/introspect", { token: jwt(s) }, resourceServer(w))(w) },
  {
    where: "token_type_hint",
    send: (s, w) => form("/introspect", { token: "x", token_type_hint: s }, resourceServer(w))(w),
  },
  {
    where: "token in the query of introspection",
    send: (s, w) => form(`/introspect?token=${encodeURIComponent(s)}`, {}, resourceServer(w))(w),
  },
  { where: "a resource server's wrong secret", send: (s, w) => form("/introspect", { token: s }, basic("mcp", s))(w) },
  {
    where: "a resource server's secret as its id",
    send: (s, w) => form("/introspect", { token: "x" }, basic(s, "mcp"))(w),
  },
  { where: "token to revoke", send: (s, w) => form("/revoke", { token: s }, nightly(w))(w) },
  {
    where: "refresh token to revoke",
    send: (s, w) => form("/revoke", { token: opaque("ghr_", s), client_id: "app" })(w),
  },
  {
    where: "token to revoke, by nobody",
    send: (s, w) => form("/revoke", { token: s, client_id: "app", client_secret: s })(w),
  },
]

const register = (s: object | string) => (w: World) =>
  post(`${w.issuer}/register`, typeof s === "string" ? s : JSON.stringify(s), { "content-type": JSON_TYPE })

const registrations: Planting[] = [
  {
    where: "client_secret that a registration brings",
    send: (s, w) => register({ redirect_uris: [REDIRECT_URI], client_secret: s })(w),
  },
  {
    where: "software_statement",
    send: (s, w) => register({ redirect_uris: [REDIRECT_URI], software_statement: jwt(s) })(w),
  },
  {
    where: "private keys in jwks",
    send: (s, w) =>
      register({
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: "private_key_jwt",
        jwks: { keys: [{ kty: "EC", crv: "P-256", x: "x", y: "y", d: s }] },
      })(w),
  },
  {
    where: "redirect_uris with user information",
    send: (s, w) => register({ redirect_uris: [`https://user:${encodeURIComponent(s)}@app.test/`] })(w),
  },
  { where: "a registration that is no JSON", send: (s, w) => register(`{"client_secret": "${s}"`)(w) },
  { where: "a registration that is text", send: (s, w) => register(JSON.stringify(s))(w) },
  {
    where: "initial access token",
    send: (s, w) => post(`${w.issuer}/register`, "{}", { "content-type": JSON_TYPE, authorization: `Bearer ${s}` }),
  },
]

export const fromClients: readonly Planting[] = [...tokenRequests, ...introspectionAndRevocation, ...registrations]
