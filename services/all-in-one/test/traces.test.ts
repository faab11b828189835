import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { request as httpRequest } from "node:http"
import type { ReceivedSpan } from "@gatehouse/test-kit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { envelope, openSession, sendLegacy, sendModern } from "../../mcp/test/messages.ts"
import {
  CLIENT_SECRET,
  INTROSPECTION_SECRET,
  startTracedServices,
  type TracedServices,
  untilReceived,
} from "./traced-services.ts"

const id = (bytes: number) => randomBytes(bytes).toString("hex")
const traceparentOf = (traceId: string, spanId = id(8), flags = "01") => `00-${traceId}-${spanId}-${flags}`
const echo = { name: "echo", arguments: { message: "hello" } }
const inEnvelope = (meta: object) => ({ ...echo, _meta: { ...envelope(), ...meta } })

describe("OAuth-protected MCP services, their traces", () => {
  let services: TracedServices
  let token: string
  beforeAll(async () => {
    services = await startTracedServices({ OTEL_EXPORTER_OTLP_HEADERS: "x-key=planted-key" })
    token = await services.requestToken()
  })
  afterAll(() => services?.stop())

  /** One call in a trace of its own. */
  async function traceOfCall(): Promise<{ traceId: string; spans: ReceivedSpan[] }> {
    const traceId = id(16)
    const fresh = await services.requestToken()
    const answer = await services.call({ token: fresh, params: echo, headers: { traceparent: traceparentOf(traceId) } })
    expect(answer.status).toBe(200)
    return { traceId, spans: await services.trace(traceId, 8) }
  }

  it("one trace leads from an MCP request through introspection to the authorization server and to Redis", async () => {
    const { spans } = await traceOfCall()
    const find = (service: string, name: string) => {
      const found = spans.find((span) => span.service === service && span.name === name)
      if (!found) throw new Error(`no ${name}: ${JSON.stringify(spans.map((span) => [span.service, span.name]))}`)
      return found
    }
    const http = find("gatehouse-mcp", "POST /mcp")
    const validation = find("gatehouse-mcp", "token.validate")
    const introspect = find("gatehouse-mcp", "introspect")
    const answering = find("gatehouse-auth", "POST /introspect")
    const stored = find("gatehouse-auth", "MGET")
    const tool = find("gatehouse-mcp", "tools/call echo")
    expect(validation.parentSpanId).toBe(http.spanId)
    expect(introspect.parentSpanId).toBe(validation.spanId)
    expect(answering.parentSpanId).toBe(introspect.spanId)
    expect(stored.parentSpanId).toBe(answering.spanId)
    expect(tool.parentSpanId).toBe(http.spanId)
    expect([http, validation, introspect, stored, tool].map(({ kind }) => kind)).toEqual(
      ["server", "internal", "client", "client", "server"], // prettier than five lines
    )
    expect(http.attributes).toEqual({
      "http.request.method": "POST",
      "http.response.status_code": 200,
      "http.route": "/mcp",
      "url.path": "/mcp",
      "url.scheme": "http",
    })
    expect(validation.attributes).toEqual({
      "auth.outcome": "valid",
      "auth.cache": "miss",
      "auth.strategy": "hybrid",
      "auth.circuit": "closed",
    })
    expect(introspect.attributes).toMatchObject({ "http.request.method": "POST", "http.response.status_code": 200 })
    expect(stored.attributes).toMatchObject({ "db.system.name": "redis", "db.operation.name": "MGET" })
    expect(tool.attributes).toEqual({
      "mcp.method.name": "tools/call",
      "mcp.protocol.version": "2026-07-28",
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "echo",
      "jsonrpc.request.id": "1",
      "network.transport": "tcp",
      "network.protocol.name": "http",
    })
    expect(http.resource).toMatchObject({ "service.name": "gatehouse-mcp", "telemetry.sdk.language": "nodejs" })
  })

  it("a trace that a message names in _meta is joined (SEP-414), and linked with that of its HTTP request", async () => {
    const [traceId, spanId] = [id(16), id(8)]
    await services.call({ token, params: inEnvelope({ traceparent: traceparentOf(traceId, spanId) }) })
    const isTool = (span: ReceivedSpan) => span.traceId === traceId && span.name === "tools/call echo"
    const [tool] = await untilReceived(services.collector, isTool)
    expect(tool).toMatchObject({ parentSpanId: spanId })
    const [link] = tool?.links ?? []
    const [http] = await untilReceived(services.collector, (span) => span.spanId === link?.spanId)
    expect(http).toMatchObject({ name: "POST /mcp", links: [{ traceId, spanId }] })
  })

  it("a request whose body comes late stays in its trace", async () => {
    const traceId = id(16)
    const request = httpRequest(`${services.issuer}/token`, {
      method: "POST",
      headers: {
        authorization: `Basic ${btoa(`nightly:${CLIENT_SECRET}`)}`,
        "content-type": "application/x-www-form-urlencoded",
        traceparent: traceparentOf(traceId),
      },
    })
    request.flushHeaders()
    await new Promise((later) => setTimeout(later, 100))
    request.end("grant_type=client_credentials")
    const [answer] = await once(request, "response")
    expect(answer.resume().statusCode).toBe(200)
    const isScript = (span: ReceivedSpan) => span.traceId === traceId && span.name === "EVALSHA"
    expect(await untilReceived(services.collector, isScript)).not.toEqual([])
  })

  it("what is no trace context in _meta or in a header changes nothing", async () => {
    const traceId = id(16)
    const headers = { traceparent: traceparentOf(traceId) }
    for (const traceparent of ["00-zz-zz-01", 7, ["a"], {}, `00-${"0".repeat(32)}-${id(8)}-01`])
      await services.call({ token, params: inEnvelope({ traceparent }), headers })
    const spans = await services.trace(traceId, 15)
    expect(spans.filter(({ name }) => name === "tools/call echo").map(({ links }) => links)).toEqual(Array(5).fill([]))
    const answer = await services.call({ token, params: echo, headers: { traceparent: "garbage" } })
    expect(answer.status).toBe(200)
  })

  it("a trace that its sender does not record is not recorded here either", async () => {
    const traceId = id(16)
    const headers = { traceparent: traceparentOf(traceId, id(8), "00") }
    await services.call({ token: await services.requestToken(), params: echo, headers })
    await traceOfCall() // later than that
    expect(services.collector.spans().filter((span) => span.traceId === traceId)).toEqual([])
    // It is still told in the log, and to whoever is asked.
    expect(services.mcp.output()).toContain(`"trace_id":"${traceId}"`)
    expect(services.auth.output()).toContain(`"trace_id":"${traceId}"`)
  })

  it("token.validate says where the answer came from and why a token is refused", async () => {
    const traceId = id(16)
    const headers = { traceparent: traceparentOf(traceId) }
    await services.call({ token, params: echo, headers })
    await services.call({ token: "planted-garbage", params: echo, headers })
    await services.call({ params: echo, headers })
    const spans = await untilReceived(
      services.collector,
      (span) => span.traceId === traceId && span.name === "token.validate",
      3,
    )
    expect(spans.map(({ attributes, status }) => ({ ...attributes, status }))).toEqual([
      expect.objectContaining({ "auth.outcome": "valid", "auth.cache": "l1", status: "unset" }),
      expect.objectContaining({ "auth.outcome": "invalid", "auth.reason": "unknown", status: "unset" }),
      { "auth.outcome": "invalid", "auth.reason": "missing", "auth.cache": "none", status: "unset" },
    ])
  })

  it("an operation that fails says so by JSON-RPC code, or tool_error, without the message", async () => {
    const traceId = id(16)
    const headers = { traceparent: traceparentOf(traceId) }
    await services.call({ token, params: { name: "no-such-tool" }, headers })
    await services.call({ token, params: { name: "add", arguments: { a: "planted-argument" } }, headers })
    await sendModern(services.mcpUrl, { token, method: "no/such-method", headers })
    const spans = await untilReceived(
      services.collector,
      (span) => span.traceId === traceId && span.attributes["mcp.method.name"] !== undefined,
      3,
    )
    expect(spans.map(({ name, attributes, status }) => [name, attributes["error.type"], status])).toEqual([
      ["tools/call", "-32602", "error"],
      ["tools/call add", expect.stringMatching(/^(tool_error|-32602)$/), "error"],
      ["_OTHER", "-32601", "error"],
    ])
    expect(spans.map(({ statusMessage, events }) => [statusMessage, events])).toEqual(Array(3).fill(["", []]))
  })

  it("an answer that is streamed ends its span, in a session of the 2025 revisions too", async () => {
    const session = await openSession(services.mcpUrl, token)
    const traceId = id(16)
    const headers = { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" }
    const listening = await fetch(services.mcpUrl, {
      headers: { ...headers, authorization: `Bearer ${token}`, accept: "text/event-stream" },
    })
    const answer = await sendLegacy(services.mcpUrl, {
      token,
      method: "tools/call",
      params: echo,
      headers: { ...headers, traceparent: traceparentOf(traceId) },
    })
    expect(answer.headers.get("content-type")).toContain("text/event-stream")
    await answer.text()
    const isTool = (span: ReceivedSpan) => span.traceId === traceId && span.name === "tools/call echo"
    const [tool] = await untilReceived(services.collector, isTool)
    expect(tool).toMatchObject({ status: "unset", attributes: { "mcp.protocol.version": "2025-11-25" } })
    await listening.body?.cancel()
    const isStream = (span: ReceivedSpan) => span.name === "GET /mcp"
    const [stream] = await untilReceived(services.collector, isStream)
    expect(stream).toMatchObject({ status: "unset", attributes: { "http.response.status_code": 200 } })
  })

  it("log lines carry the ids of the trace beside that of the request", async () => {
    const { traceId, spans } = await traceOfCall()
    const lines = services.mcp
      .output()
      .split("\n")
      .filter((line) => line.includes(traceId))
    const [line] = lines.map((each) => JSON.parse(each)).filter(({ msg }) => msg === "request")
    const http = spans.find(({ name }) => name === "POST /mcp")
    expect(line).toMatchObject({ trace_id: traceId, span_id: http?.spanId, request_id: expect.any(String) })
  })

  it("probes and metrics have no spans, nor has what runs in the background", async () => {
    for (const port of services.managementPorts)
      for (const path of ["/livez", "/readyz", "/health", "/metrics"]) await fetch(`http://127.0.0.1:${port}${path}`)
    await traceOfCall()
    const spans = services.collector.spans()
    expect(spans.filter(({ name }) => /livez|readyz|health|metrics/.test(name))).toEqual([])
    const roots = spans.filter(({ parentSpanId }) => parentSpanId === "")
    expect(roots.filter(({ kind }) => kind !== "server")).toEqual([])
  })

  it("Y2 nothing secret and nothing that a client made up is in a span or a line of the log", async () => {
    const session = await openSession(services.mcpUrl, token)
    const headers = { baggage: "a=planted-baggage", "mcp-session-id": session, cookie: "gatehouse=planted-cookie" }
    await sendModern(services.mcpUrl, { token, method: "planted/method", headers })
    await services.call({ token, id: "planted-id", params: { name: "planted-tool", arguments: { a: "planted" } } })
    await services.call({ token, params: inEnvelope({ planted: "planted-meta", baggage: "a=planted" }) })
    await sendModern(services.mcpUrl, { token, method: "resources/read", params: { uri: "planted://resource" } })
    await sendModern(services.mcpUrl, { token, method: "prompts/get", params: { name: "planted-prompt" } })
    await services.call({ token: "planted-token", params: echo, headers: { "mcp-protocol-version": "planted" } })
    await fetch(`${services.issuer}/planted-path?planted=planted-query`, { headers: { cookie: "a=planted-cookie" } })
    const query = "response_type=code&client_id=planted&redirect_uri=https://planted.test/&state=planted-state"
    await fetch(`${services.issuer}/authorize?${query}&code_challenge=planted-challenge`, { redirect: "manual" })
    const secrets = { code: "planted-code", code_verifier: "planted-verifier", client_secret: "planted-secret" }
    for (const grant_type of ["authorization_code", "refresh_token", "planted-grant"])
      await fetch(`${services.issuer}/token`, {
        method: "POST",
        body: new URLSearchParams({ grant_type, client_id: "no-such-client", refresh_token: "planted-rt", ...secrets }),
      })
    await fetch(`${services.issuer}/introspect`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`mcp:${INTROSPECTION_SECRET}`)}` },
      body: new URLSearchParams({ token: "planted-token" }),
    })
    await traceOfCall()
    const told = `${services.collector.bytes().toString("latin1")}${services.mcp.output()}${services.auth.output()}`
    const [, payload = "", signature = ""] = token.split(".")
    for (const secret of [token, payload, signature, session, CLIENT_SECRET, INTROSPECTION_SECRET, btoa(CLIENT_SECRET)])
      expect(told.includes(secret)).toBe(false)
    expect(told.match(/.{0,60}planted.{0,30}/)).toBeNull()
    expect(services.collector.bytes().length).toBeGreaterThan(10_000)
    expect(services.collector.requests()[0]).toMatchObject({ path: "/v1/traces", headers: { "x-key": "planted-key" } })
  })

  it("an authorization server that is down is the reason of a validation, and the error of its span", async () => {
    const traceId = id(16)
    const fresh = await services.requestToken()
    await services.auth.end()
    const answer = await services.call({ token: fresh, params: echo, headers: { traceparent: traceparentOf(traceId) } })
    expect(answer.status).toBe(503)
    const isHttp = (span: ReceivedSpan) => span.traceId === traceId && span.name === "POST /mcp"
    await untilReceived(services.collector, isHttp)
    const spans = await services.trace(traceId, 3)
    expect(spans.find(({ name }) => name === "token.validate")).toMatchObject({
      status: "error",
      attributes: { "auth.outcome": "unavailable", "auth.reason": "refused", "error.type": "refused" },
    })
    expect(spans.find(({ name }) => name === "introspect")).toMatchObject({ status: "error" })
    expect(spans.find(({ name }) => name === "POST /mcp")).toMatchObject({
      status: "error",
      attributes: { "http.response.status_code": 503, "error.type": "503" },
    })
  })
})
