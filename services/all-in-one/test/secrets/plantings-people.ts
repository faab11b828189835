/** Where browsers, and whatever stands between, put secrets at the authorization server: each place once. */
import { authorizePath } from "../../../auth/test/visitor.ts"
import { asToken, type Fields, form, get, jwt, type Planting, raw, type World } from "./planting.ts"
import { REDIRECT_URI } from "./setting.ts"

const authorize = (overrides: Fields) => (w: World) =>
  get(w.issuer + authorizePath(w.clientId, { redirect_uri: REDIRECT_URI, ...overrides }), { accept: "text/html" })

const page = (path: string, fields: Fields, cookie: string) =>
  form(path, fields, { cookie, "sec-fetch-site": "same-origin" })

const people: Planting[] = [
  { where: "state", send: (s, w) => authorize({ state: s })(w), kept: "Redis" },
  {
    where: "state of a request that is refused",
    send: (s, w) => authorize({ state: s, scope: "no-such" })(w),
    returned: true,
  },
  {
    where: "state beside a wrong redirect_uri",
    send: (s, w) => authorize({ state: s, redirect_uri: "https://evil.test/" })(w),
  },
  { where: "state that is too long", send: (s, w) => authorize({ state: s.repeat(100) })(w) },
  {
    where: "id_token_hint, login_hint, request",
    send: (s, w) => authorize({ id_token_hint: jwt(s), login_hint: s, request: jwt(s) })(w),
  },
  { where: "code_challenge", send: (s, w) => authorize({ code_challenge: s })(w) },
  { where: "client_id of the authorization request", send: (s, w) => authorize({ client_id: s })(w) },
  {
    where: "redirect_uri with user information",
    send: (s, w) => authorize({ redirect_uri: `https://user:${s}@app.test/callback` })(w),
  },
  {
    where: "the browser's cookie",
    send: (s, w) =>
      page("/consent", { transaction: "x", csrf: "x", decision: "approve" }, `gatehouse=${asToken(s).slice(0, 43)}`)(w),
  },
  { where: "another site's cookie", send: (s, w) => get(`${w.issuer}/`, { cookie: `session=${s}` }) },
  {
    where: "CSRF token and transaction",
    send: (s, w) =>
      page("/consent", { transaction: s, csrf: s, decision: "approve" }, `gatehouse=${"c".repeat(43)}`)(w),
  },
  {
    where: "a sign-in's fields",
    send: (s, w) =>
      page("/sign-in", { transaction: s, csrf: s, name: s, password: s }, `gatehouse=${"c".repeat(43)}`)(w),
  },
  {
    where: "transaction in the query",
    send: (s, w) =>
      get(`${w.issuer}/sign-in?transaction=${encodeURIComponent(s)}`, { cookie: `gatehouse=${"c".repeat(43)}` }),
  },
]

const anywhere: Planting[] = [
  { where: "a path that is not there", send: (s, w) => get(`${w.issuer}/${encodeURIComponent(s)}?token=${s}`) },
  { where: "a path that cannot be decoded", send: (s, w) => raw(w.authPort, [`GET /%zz${s} HTTP/1.1`, "Host: x"]) },
  { where: "a method", send: (s, w) => raw(w.authPort, [`PURGE /token?${s} HTTP/1.1`, "Host: x"]) },
  { where: "Host", send: (s, w) => raw(w.authPort, ["GET /jwks HTTP/1.1", `Host: ${s.replaceAll("+/", "")}`]) },
  { where: "baggage", send: (s, w) => get(`${w.issuer}/jwks`, { baggage: `key=${s}` }) },
  { where: "traceparent that is none", send: (s, w) => get(`${w.issuer}/jwks`, { traceparent: s }) },
  {
    where: "tracestate of a trace",
    send: (s, w) =>
      get(`${w.issuer}/jwks`, { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, tracestate: `vendor=${s}` }),
    kept: "spans as sent",
  },
  {
    where: "headers of gateways",
    send: (s, w) =>
      get(`${w.issuer}/jwks`, {
        "x-api-key": s,
        "x-request-id": s,
        "x-forwarded-for": s,
        "proxy-authorization": `Basic ${btoa(s)}`,
        forwarded: s,
      }),
  },
  {
    where: "the management port of auth",
    send: (s, w) =>
      get(`http://127.0.0.1:${w.managementPorts[0]}/metrics?token=${s}`, { authorization: `Bearer ${s}` }),
  },
]

export const fromBrowsers: readonly Planting[] = [...people, ...anywhere]
