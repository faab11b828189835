/** Operations of the MCP server as numbers: one for each message, by method, tool and how it ended; and what is open. */
import { createMetrics } from "@gatehouse/service-kit"
import { describe, expect, it } from "vitest"
import { createMcpMetrics } from "../src/index.ts"
import { clients } from "./clients.ts"
import { lookingAt } from "./measured.ts"
import { envelope, openSession, type Sent, sendLegacy, sendModern } from "./messages.ts"
import { type ServiceOptions, startService } from "./service.ts"
import { openListen, openPost } from "./streams.ts"

async function startMeasuredService(options: ServiceOptions = {}) {
  const registry = createMetrics({ name: "mcp", version: "0.0.0" })
  const metrics = createMcpMetrics(registry, [{ introspect: async () => ({ active: false }) }])
  const service = await startService({ ...options, metrics })
  const looking = lookingAt(registry)
  const operations = async (step: () => Promise<unknown>) => looking.growth(step, /_operation_duration_seconds_count$/)
  const send = async (sent: Sent) => {
    const answer = await sendModern(service.url, { token: service.token(), ...sent })
    await answer.text()
    return answer
  }
  return { service, send, operations, ...looking }
}

const operation = (method: string, tool: string, errorType: string) =>
  `mcp_server_operation_duration_seconds_count{mcp_method_name="${method}",tool="${tool}",error_type="${errorType}"}`
const call = (name: string, args: object = {}) => ({ method: "tools/call", params: { name, arguments: args } })

describe("MCP metrics: operations of 2026-07-28", () => {
  it("count a call by its tool, and every other method by its name", async () => {
    const { send, operations } = await startMeasuredService()
    expect(await operations(() => send(call("echo", { message: "x" })))).toEqual({
      [operation("tools/call", "echo", "none")]: 1,
    })
    expect(await operations(() => send({ method: "tools/list" }))).toEqual({
      [operation("tools/list", "none", "none")]: 1,
    })
    expect(await operations(() => send({ method: "server/discover" }))).toEqual({
      [operation("server/discover", "none", "none")]: 1,
    })
  })

  it("count what a client makes up as other", async () => {
    const { send, operations, exposed } = await startMeasuredService()
    expect(await operations(() => send({ method: "secret/method" }))).toEqual({
      [operation("other", "none", "-32601")]: 1,
    })
    const counted = await operations(() => send(call("secret-tool")))
    expect(Object.keys(counted)).toEqual([operation("tools/call", "other", "-32602")])
    expect((await exposed()).text).not.toContain("secret")
  })

  it("count a tool's own failure apart from the protocol's", async () => {
    const { send, operations } = await startMeasuredService()
    expect(await operations(() => send(call("add", { a: "one", b: 2 })))).toEqual({
      [operation("tools/call", "add", "tool_error")]: 1,
    })
    expect(await operations(() => send({ method: "resources/read", params: { uri: "demo://nothing" } }))).toEqual({
      [operation("resources/read", "none", "-32602")]: 1,
    })
  })

  it("count what is refused before anybody serves it, by why", async () => {
    const { service, send, operations } = await startMeasuredService()
    const reader = service.token({ scope: "mcp:resources" })
    expect(await operations(() => send({ ...call("echo", { message: "x" }), token: reader }))).toEqual({
      [operation("tools/call", "echo", "insufficient_scope")]: 1,
    })
    const mismatched = { ...call("echo", { message: "x" }), headers: { "mcp-name": "add" } }
    expect(await operations(() => send(mismatched))).toEqual({ [operation("tools/call", "echo", "-32020")]: 1 })
    const params = { _meta: envelope("1900-01-01") }
    const old = { method: "tools/list", params, headers: { "mcp-protocol-version": "1900-01-01" } }
    expect(await operations(() => send(old))).toEqual({ [operation("tools/list", "none", "-32022")]: 1 })
  })

  it("count a call too many as rate limited", async () => {
    const { service, send, operations } = await startMeasuredService({ config: { rateLimit: 1 } })
    const token = service.token()
    await send({ ...call("echo", { message: "x" }), token })
    expect(await operations(() => send({ ...call("echo", { message: "x" }), token }))).toEqual({
      [operation("tools/call", "echo", "rate_limited")]: 1,
    })
  })

  it("count a subscription when it is accepted, not when it ends", async () => {
    const { service, operations, value } = await startMeasuredService()
    expect(await value("mcp_open_streams")).toBe(0)
    const counted = await operations(async () => {
      const stream = await openListen(service.url, service.token(), { toolsListChanged: true })
      expect(stream.status).toBe(200)
      expect(await value("mcp_open_streams")).toBe(1)
      stream.hangUp()
      await expect.poll(() => value("mcp_open_streams")).toBe(0)
    })
    expect(counted).toEqual({ [operation("subscriptions/listen", "none", "none")]: 1 })
  })

  it("count a call whose client has gone as cancelled", async () => {
    const { service, operations, value } = await startMeasuredService()
    const { params, method } = call("longRunningOperation", { duration: 600, steps: 100 })
    const _meta = { ...envelope(), progressToken: "p" }
    const counted = await operations(async () => {
      const stream = await openPost(service.url, service.token(), method, { ...params, _meta })
      expect(await value("mcp_open_streams")).toBe(1)
      stream.hangUp()
      await expect.poll(() => value("mcp_open_streams")).toBe(0)
    })
    expect(counted).toEqual({ [operation("tools/call", "longRunningOperation", "cancelled")]: 1 })
  })

  it("count nothing that no valid token came with, and no message that is none", async () => {
    const { service, send, operations } = await startMeasuredService()
    const garbage = { token: service.token(), body: "{" }
    const counted = await operations(async () => {
      await send({ token: "unknown", method: "tools/list" })
      await send(garbage)
    })
    expect(counted).toEqual({})
  })
})

describe("MCP metrics: operations of the 2025 revisions", () => {
  it("count each message of a session, and the sessions that are open", async () => {
    const { service, operations, value } = await startMeasuredService()
    const token = service.token()
    expect(await value("mcp_active_sessions")).toBe(0)
    const opened = await operations(() => openSession(service.url, token))
    expect(opened).toEqual({
      [operation("initialize", "none", "none")]: 1,
      [operation("notifications/initialized", "none", "none")]: 1,
    })
    expect(await value("mcp_active_sessions")).toBe(1)
    await service.close()
  })

  it("count a message to a session that is not there", async () => {
    const { service, operations } = await startMeasuredService()
    const headers = { "mcp-session-id": "no-such-session" }
    const counted = await operations(() => sendLegacy(service.url, { token: service.token(), headers }))
    expect(counted).toEqual({ [operation("tools/list", "none", "-32001")]: 1 })
  })

  it.each(clients)("count a call with questions to the client once: $name", async ({ connect }) => {
    const { service, operations } = await startMeasuredService()
    const client = await connect(service.url, service.token())
    const counted = await operations(() => client.callTool({ name: "sampleLLM", arguments: { prompt: "2+2?" } }))
    const calls = Object.entries(counted).filter(([series]) => series.includes('"tools/call"'))
    expect(new Set(calls.map(([series]) => series))).toEqual(new Set([operation("tools/call", "sampleLLM", "none")]))
  })
})

describe("MCP metrics: labels of operations", () => {
  it("start at zero for every method and tool", async () => {
    const { exposed } = await startMeasuredService()
    const { value } = await exposed()
    for (const method of ["initialize", "tools/list", "subscriptions/listen", "other"])
      for (const ending of ["none", "-32603"]) expect(value(operation(method, "none", ending))).toBe(0)
    for (const tool of ["echo", "whoami", "other"])
      for (const ending of ["none", "tool_error", "-32603"])
        expect(value(operation("tools/call", tool, ending))).toBe(0)
  })
})
