/** Where clients put secrets at the MCP service: each place once, in good requests and in bad ones. */
import { envelope, initializeParams, json, type Sent, sendLegacy, sendModern } from "../../../mcp/test/messages.ts"
import { asToken, FORM, get, jwt, type Planting, post, raw, tell, type World } from "./planting.ts"

const modern = (sent: Sent) => (w: World) =>
  tell(sendModern(w.mcpUrl, { token: w.token, method: "tools/call", ...sent }))
const legacy = (sent: Sent) => (w: World) =>
  tell(sendLegacy(w.mcpUrl, { token: w.token, ...sent, headers: { "mcp-session-id": w.session, ...sent.headers } }))

const echo = { name: "echo", arguments: { message: "hello" } }
const authorized = (w: World) => ({ ...json, authorization: `Bearer ${w.token}` })
const withHeader = (headers: Record<string, string>) => modern({ params: echo, headers })
const inMeta = (meta: object) => modern({ params: { ...echo, _meta: { ...envelope(), ...meta } } })

const forged = (s: string, { issuer, mcpUrl }: World) =>
  jwt(s, { iss: issuer, aud: mcpUrl, client_id: s, exp: Math.floor(Date.now() / 1000) + 600 })

const tokens: Planting[] = [
  { where: "access token that nobody knows", send: (s, w) => modern({ token: s, params: echo })(w) },
  { where: "access token, a JWT that is forged", send: (s, w) => modern({ token: forged(s, w), params: echo })(w) },
  {
    where: "access token with another signature",
    send: (s, w) => modern({ token: `${w.token.split(".").slice(0, 2).join(".")}.${asToken(s)}`, params: echo })(w),
  },
  { where: "Bearer that is no token", send: (s, w) => modern({ token: `{${s} ${s}`, params: echo })(w) },
  { where: "another scheme", send: (s, w) => withHeader({ authorization: `Token ${s}` })(w) },
  {
    where: "Basic at the MCP endpoint",
    send: (s, w) => withHeader({ authorization: `Basic ${btoa(`user:${s}`)}` })(w),
  },
  { where: "Authorization without a scheme, at the MCP endpoint", send: (s, w) => withHeader({ authorization: s })(w) },
  {
    where: "Authorization twice, at the MCP endpoint",
    send: (s, w) =>
      raw(w.mcpPort, [
        "POST /mcp HTTP/1.1",
        `Host: 127.0.0.1:${w.mcpPort}`,
        `Authorization: Bearer ${s}`,
        `Authorization: Basic ${btoa(s)}`,
        "Content-Length: 0",
      ]),
  },
  {
    where: "access token in the query",
    send: (s, w) => post(`${w.mcpUrl}?access_token=${encodeURIComponent(s)}`, "{}", json),
  },
  {
    where: "access token in a form",
    send: (s, w) => post(w.mcpUrl, `access_token=${encodeURIComponent(s)}`, { "content-type": FORM }),
  },
  { where: "access token in JSON", send: (s, w) => post(w.mcpUrl, JSON.stringify({ access_token: s }), json) },
  { where: "access token in a cookie", send: (s, w) => post(w.mcpUrl, "{}", { ...json, cookie: `access_token=${s}` }) },
  {
    where: "an access token that is too large",
    send: (s, w) =>
      raw(w.mcpPort, [
        "POST /mcp HTTP/1.1",
        `Host: 127.0.0.1:${w.mcpPort}`,
        `Authorization: Bearer ${s}${"x".repeat(20_000)}`,
      ]),
  },
]

const headers: Planting[] = [
  { where: "a session's id", send: (s, w) => legacy({ headers: { "mcp-session-id": s } })(w) },
  {
    where: "a session's id to end",
    send: (s, w) => tell(fetch(w.mcpUrl, { method: "DELETE", headers: { ...authorized(w), "mcp-session-id": s } })),
  },
  {
    where: "Last-Event-ID",
    send: (s, w) =>
      tell(fetch(w.mcpUrl, { headers: { ...authorized(w), "mcp-session-id": "none", "last-event-id": s } })),
  },
  { where: "Mcp-Name that differs from the body's", send: (s, w) => withHeader({ "mcp-name": s })(w), returned: true },
  {
    where: "Mcp-Method that differs from the body's",
    send: (s, w) => withHeader({ "mcp-method": s })(w),
    returned: true,
  },
  { where: "Mcp-Protocol-Version", send: (s, w) => withHeader({ "mcp-protocol-version": s })(w), returned: true },
  { where: "cookies of a good request", send: (s, w) => withHeader({ cookie: `gatehouse=${s}; other=${s}` })(w) },
  { where: "baggage of a good request", send: (s, w) => withHeader({ baggage: `key=${s}` })(w) },
  { where: "traceparent that is none, of a good request", send: (s, w) => withHeader({ traceparent: s })(w) },
  {
    where: "headers of gateways, of a good request",
    send: (s, w) =>
      withHeader({ "x-api-key": s, "x-request-id": s, "x-forwarded-for": s, "x-user-id": s, forwarded: s })(w),
  },
  { where: "Origin", send: (s, w) => withHeader({ origin: `https://${s.replaceAll("+/", "")}.test` })(w) },
  {
    where: "Host of the MCP service",
    send: (s, w) => raw(w.mcpPort, ["GET /mcp HTTP/1.1", `Host: ${s.replaceAll("+/", "")}`]),
  },
  {
    where: "a path of the MCP service that is not there",
    send: (s, w) => get(`${new URL(w.mcpUrl).origin}/${encodeURIComponent(s)}?key=${s}`),
  },
  {
    where: "the management port of mcp",
    send: (s, w) => get(`http://127.0.0.1:${w.managementPorts[1]}/health?token=${s}`, { authorization: `Bearer ${s}` }),
  },
]

const messages: Planting[] = [
  {
    where: "a tool's argument",
    send: (s, w) => modern({ params: { name: "echo", arguments: { message: s } } })(w),
    returned: true,
  },
  {
    where: "a tool's argument of the wrong type",
    send: (s, w) => modern({ params: { name: "add", arguments: { a: s, b: 1 } } })(w),
  },
  {
    where: "an argument that nobody knows",
    send: (s, w) => modern({ params: { name: "add", arguments: { a: 1, b: 1, key: s } } })(w),
  },
  { where: "arguments that are text", send: (s, w) => modern({ params: { name: "add", arguments: s } })(w) },
  { where: "a tool's name", send: (s, w) => modern({ params: { name: s } })(w), returned: true },
  { where: "_meta", send: (s, w) => inMeta({ "app.test/key": s, authorization: s })(w) },
  {
    where: "_meta: what is not as it should be",
    send: (s, w) =>
      modern({ params: { ...echo, _meta: { ...envelope(), "io.modelcontextprotocol/clientCapabilities": s } } })(w),
  },
  {
    where: "_meta: protocol version",
    send: (s, w) => inMeta({ "io.modelcontextprotocol/protocolVersion": s })(w),
    returned: true,
  },
  {
    where: "_meta: client's name",
    send: (s, w) => inMeta({ "io.modelcontextprotocol/clientInfo": { name: s, version: s } })(w),
  },
  { where: "_meta: traceparent, baggage", send: (s, w) => inMeta({ traceparent: s, baggage: `key=${s}` })(w) },
  {
    where: "_meta: progressToken",
    send: (s, w) =>
      modern({
        params: {
          name: "longRunningOperation",
          arguments: { duration: 0.1, steps: 1 },
          _meta: { ...envelope(), progressToken: s },
        },
      })(w),
    returned: true,
  },
  { where: "a message's id", send: (s, w) => modern({ id: s, params: echo })(w), returned: true },
  { where: "a method", send: (s, w) => modern({ method: s })(w), returned: true },
  {
    where: "a resource's URI",
    send: (s, w) => modern({ method: "resources/read", params: { uri: `app://${s}` } })(w),
    returned: true,
  },
  {
    where: "a prompt's name",
    send: (s, w) => modern({ method: "prompts/get", params: { name: s } })(w),
    returned: true,
  },
  { where: "a cursor", send: (s, w) => modern({ method: "tools/list", params: { cursor: s } })(w) },
  {
    where: "a request's state",
    send: (s, w) =>
      modern({ params: { name: "elicitInputs", arguments: {}, requestState: s, inputResponses: { x: s } } })(w),
  },
  {
    where: "JSON that is cut off",
    send: (s, w) => modern({ body: `{"jsonrpc":"2.0","params":{"password":"${s}"` })(w),
  },
  { where: "JSON that is none", send: (s, w) => modern({ body: `${s} is my password` })(w) },
  { where: "JSON that is text", send: (s, w) => modern({ body: JSON.stringify(s) })(w) },
  {
    where: "a batch",
    send: (s, w) => modern({ body: JSON.stringify([{ jsonrpc: "2.0", id: s, method: "ping" }]) })(w),
  },
  { where: "a message that is deep", send: (s, w) => modern({ body: `${"[".repeat(100)}"${s}"` })(w) },
  { where: "a body of another type", send: (s, w) => modern({ body: s, headers: { "content-type": `text/${s}` } })(w) },
  {
    where: "a message that is too large",
    send: (s, w) => modern({ body: JSON.stringify({ s, padding: "x".repeat(4_300_000) }) })(w).catch(() => "cut off"),
  },
  {
    where: "2025: a client's name",
    send: (s, w) =>
      legacy({ method: "initialize", params: { ...initializeParams, clientInfo: { name: s, version: s } } })(w),
  },
  {
    where: "2025: what initialize does not take",
    send: (s, w) => legacy({ method: "initialize", params: { protocolVersion: [s] } })(w),
  },
  {
    where: "2025: a tool's argument",
    send: (s, w) => legacy({ method: "tools/call", params: { name: "add", arguments: { a: s } } })(w),
  },
  {
    where: "2025: a level of the log",
    send: (s, w) => legacy({ method: "logging/setLevel", params: { level: s } })(w),
  },
  {
    where: "2025: a result that nobody asked for",
    send: (s, w) => legacy({ body: JSON.stringify({ jsonrpc: "2.0", id: s, result: { s } }) })(w),
  },
  {
    where: "2025: an error that nobody asked for",
    send: (s, w) => legacy({ body: JSON.stringify({ jsonrpc: "2.0", id: 7, error: { code: 1, message: s } }) })(w),
  },
  {
    where: "2025: a notification's reason",
    send: (s, w) => legacy({ method: "notifications/cancelled", id: null, params: { requestId: s, reason: s } })(w),
  },
  {
    where: "2025: an argument to complete",
    send: (s, w) =>
      legacy({
        method: "completion/complete",
        params: { ref: { type: "ref/prompt", name: s }, argument: { name: s, value: s } },
      })(w),
    returned: true,
  },
]

export const atMcp: readonly Planting[] = [...tokens, ...headers, ...messages]
