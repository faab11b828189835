/** What each revision asks of an endpoint (section L, the rows on request metadata), and the limits of a body (section S). */
import { describe, expect, it } from "vitest"
import { bearer, envelope, json, openSession, rpcOf, sendLegacy, sendModern } from "./messages.ts"
import { startService } from "./service.ts"

const codeOf = async (answer: Response) => (await rpcOf(answer)).error?.code

describe("OAuth service, requests of 2026-07-28", () => {
  it("is discovered with what it offers", async () => {
    const service = await startService()
    const { result } = await rpcOf(await sendModern(service.url, { token: service.token(), method: "server/discover" }))
    expect(result).toMatchObject({ supportedVersions: ["2026-07-28"], cacheScope: "public" })
    expect(result?.["capabilities"]).toMatchObject({ tools: {}, resources: { subscribe: true }, prompts: {} })
  })

  it("E15 ignores a session's id and an event's, and echoes neither; GET and DELETE are 405", async () => {
    const service = await startService()
    const token = service.token()
    const stale = { "mcp-session-id": "stale", "last-event-id": "stale" }
    const answer = await sendModern(service.url, { token, headers: stale })
    expect(answer.status).toBe(200)
    expect(answer.headers.get("mcp-session-id")).toBeNull()
    for (const method of ["GET", "DELETE"]) {
      const headers = { ...bearer(token), accept: "text/event-stream", "mcp-protocol-version": "2026-07-28" }
      const refused = await fetch(service.url, { method, headers })
      expect(refused.status).toBe(405)
      expect(refused.headers.get("allow")).toBe("POST")
    }
  })

  it("N2 answers -32022 with the versions it speaks to an unknown one", async () => {
    const service = await startService()
    const params = { _meta: envelope("1900-01-01") }
    const headers = { "mcp-protocol-version": "1900-01-01" }
    const answer = await sendModern(service.url, { token: service.token(), params, headers })
    expect(answer.status).toBe(400)
    expect((await rpcOf(answer)).error).toMatchObject({ code: -32022, data: { supported: ["2026-07-28"] } })
  })

  it("N3 answers -32020 when headers and body disagree, and executes nothing", async () => {
    const service = await startService()
    const token = service.token()
    const call = { token, method: "tools/call", params: { name: "echo", arguments: { message: "x" } } }
    for (const headers of [{ "mcp-method": "tools/list" }, { "mcp-name": "add" }]) {
      const answer = await sendModern(service.url, { ...call, headers })
      expect(answer.status).toBe(400)
      expect(await codeOf(answer)).toBe(-32020)
    }
  })

  it("N4 decodes Mcp-Name before it compares", async () => {
    const service = await startService()
    const call = { token: service.token(), method: "tools/call", params: { name: "echo", arguments: { message: "x" } } }
    const named = async (name: string) =>
      (await sendModern(service.url, { ...call, headers: { "mcp-name": name } })).status
    expect(await named(`=?base64?${btoa("echo")}?=`)).toBe(200)
    expect(await named(`=?base64?${btoa("add")}?=`)).toBe(400)
    expect(await named("=?base64?%%%?=")).toBe(400)
    expect(await named(`=?BASE64?${btoa("echo")}?=`)).toBe(400)
  })

  it("N6 answers -32602 to metadata that lacks the version or the capabilities", async () => {
    const service = await startService()
    for (const missing of ["protocolVersion", "clientCapabilities"]) {
      const _meta: Record<string, unknown> = envelope()
      delete _meta[`io.modelcontextprotocol/${missing}`]
      const answer = await sendModern(service.url, { token: service.token(), params: { _meta } })
      expect(answer.status).toBe(400)
      expect(await codeOf(answer)).toBe(-32602)
    }
  })

  it("N7 answers 404 and -32601 to an unknown method, and to those that ended with the sessions", async () => {
    const service = await startService()
    for (const method of ["nope", "tools/nope", "initialize", "ping", "logging/setLevel", "resources/subscribe"]) {
      const answer = await sendModern(service.url, { token: service.token(), method })
      expect(answer.status).toBe(404)
      expect(await codeOf(answer)).toBe(-32601)
    }
  })

  it("N10 lets what is the same for everybody be shared, and nothing else", async () => {
    const service = await startService()
    const token = service.token()
    const cacheOf = async (method: string, params: Record<string, unknown> = {}) =>
      (await rpcOf(await sendModern(service.url, { token, method, params }))).result
    expect(await cacheOf("tools/list")).toMatchObject({ ttlMs: 300_000, cacheScope: "public" })
    const first = await cacheOf("resources/list")
    expect(first).toMatchObject({ cacheScope: "public" })
    expect(await cacheOf("resources/list", { cursor: first?.["nextCursor"] })).toMatchObject({ cacheScope: "public" })
    const numbered = await cacheOf("resources/read", { uri: "demo://resource/1" })
    expect(numbered).toMatchObject({ ttlMs: 3_600_000, cacheScope: "public" })
    expect(await cacheOf("resources/read", { uri: "demo://clock" })).toMatchObject({ ttlMs: 0, cacheScope: "private" })
  })

  it("gives resources a page at a time", async () => {
    const service = await startService()
    const sizes: number[] = []
    let cursor: unknown
    do {
      const params = cursor === undefined ? {} : { cursor }
      const { result } = await rpcOf(
        await sendModern(service.url, { token: service.token(), method: "resources/list", params }),
      )
      const { resources, nextCursor } = result as { resources: unknown[]; nextCursor?: string }
      sizes.push(resources.length)
      cursor = nextCursor
    } while (cursor !== undefined)
    expect(sizes).toEqual([25, 25, 25, 25, 1])
  })

  it("refuses a call without the header that its parameter belongs in", async () => {
    const service = await startService()
    const params = { name: "echoFromRegion", arguments: { region: "eu", message: "hi" } }
    const call = (headers: Record<string, string>) =>
      sendModern(service.url, { token: service.token(), method: "tools/call", params, headers })
    expect(await codeOf(await call({}))).toBe(-32020)
    expect(await codeOf(await call({ "mcp-param-region": "us" }))).toBe(-32020)
    expect((await call({ "mcp-param-region": "eu" })).status).toBe(200)
  })

  it("logs only to a request that asks for it", async () => {
    const service = await startService()
    const call = async (level?: string) => {
      const _meta = { ...envelope(), ...(level && { "io.modelcontextprotocol/logLevel": level }) }
      const params = { _meta, name: "longRunningOperation", arguments: { duration: 0, steps: 1 } }
      return (await sendModern(service.url, { token: service.token(), method: "tools/call", params })).text()
    }
    expect(await call("info")).toContain("notifications/message")
    expect(await call("error")).not.toContain("notifications/message")
    expect(await call()).not.toContain("notifications/message")
  })
})

describe("OAuth service, the state between two rounds", () => {
  const elicit = (name = "elicitInputs") => ({ method: "tools/call", params: { name, arguments: { prompt: "x" } } })
  const form = { action: "accept", content: { name: "Alice" } }

  async function asked(config = {}) {
    const service = await startService({ config })
    const token = service.token()
    const first = await rpcOf(await sendModern(service.url, { token, ...elicit() }))
    const requestState = String(first.result?.["requestState"])
    const answer = (as: string, name = "elicitInputs", state = requestState) => {
      const { method, params } = elicit(name)
      return sendModern(service.url, {
        token: as,
        method,
        params: { ...params, inputResponses: { form }, requestState: state },
      }).then(rpcOf)
    }
    return { service, token, requestState, answer, first }
  }

  it("is asked for with every type of field, and accepted once it comes back", async () => {
    const { first, answer, token } = await asked()
    const text = JSON.stringify(first.result)
    for (const type of ["string", "integer", "number", "boolean", "array"]) expect(text).toContain(`"type":"${type}"`)
    for (const part of ["oneOf", "anyOf", "enum", "date-time", "email", "uri"]) expect(text).toContain(`"${part}"`)
    expect(JSON.stringify((await answer(token)).result)).toContain("Alice")
  })

  it("N9 is worth nothing to another user, on another tool, or changed", async () => {
    const { service, token, requestState, answer } = await asked()
    const bob = service.token({ sub: "demo|bob" })
    const refused = { code: -32602, data: { reason: "invalid_request_state" } }
    expect((await answer(bob)).error).toMatchObject(refused)
    expect((await answer(token, "sampleLLM")).error).toMatchObject(refused)
    expect((await answer(token, "elicitInputs", `${requestState.slice(0, -2)}xx`)).error).toMatchObject(refused)
    expect((await answer(service.token())).result).toBeDefined()
  })

  it("is accepted by another replica with the same key, and by none with another", async () => {
    const key = "k".repeat(32)
    const { requestState } = await asked({ requestStateKey: key })
    const same = await asked({ requestStateKey: key })
    const other = await asked({ requestStateKey: "j".repeat(32) })
    expect((await same.answer(same.token, "elicitInputs", requestState)).result).toBeDefined()
    expect((await other.answer(other.token, "elicitInputs", requestState)).error?.code).toBe(-32602)
  })
})

describe("OAuth service, requests of the 2025 revisions", () => {
  it("answers 400 to a version it does not speak, and -32601 to an unknown method", async () => {
    const service = await startService()
    const token = service.token()
    const session = { "mcp-session-id": await openSession(service.url, token) }
    const old = await sendLegacy(service.url, { token, headers: { ...session, "mcp-protocol-version": "1900-01-01" } })
    expect(old.status).toBe(400)
    expect(await codeOf(await sendLegacy(service.url, { token, method: "nope", headers: session }))).toBe(-32601)
  })

  it("acknowledges a notification with 202", async () => {
    const service = await startService()
    const token = service.token()
    const headers = { "mcp-session-id": await openSession(service.url, token) }
    const sent = { token, id: null, method: "notifications/roots/list_changed", headers }
    expect((await sendLegacy(service.url, sent)).status).toBe(202)
  })
})

describe("OAuth service, bodies", () => {
  const post = (url: string, token: string, body: string) =>
    fetch(url, { method: "POST", headers: { ...json, ...bearer(token) }, body })

  it.each(["", "{", "nonsense", "\u0000"])("answers 400 and -32700 to the body %j", async (body) => {
    const service = await startService()
    const answer = await post(service.url, service.token(), body)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { code: -32700 }, id: null })
  })

  it.each(["5", "null", '"text"', "[]"])("answers 400 and -32600 to the body %s", async (body) => {
    const service = await startService()
    const answer = await post(service.url, service.token(), body)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { code: -32600 } })
  })

  it.each([
    "{}",
    '{"jsonrpc":"1.0","id":1,"method":"ping"}',
    '{"jsonrpc":"2.0","id":{},"method":"tools/list"}',
    '{"jsonrpc":"2.0","id":1,"method":5,"params":7}',
  ])("answers 400 to the message %s", async (body) => {
    const service = await startService()
    expect((await post(service.url, service.token(), body)).status).toBe(400)
  })

  it("X2 answers 400 to a body nested 100,000 deep, in arrays or objects", async () => {
    const service = await startService()
    for (const open of ["[", '{"a":']) {
      const body = `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${open.repeat(100_000)}`
      const answer = await post(service.url, service.token(), body)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ error: { code: -32600 } })
    }
  })

  it("X2 takes brackets in text for text", async () => {
    const service = await startService()
    const message = `"${"[".repeat(1000)}\\"${"{".repeat(1000)}`
    const params = { name: "echo", arguments: { message } }
    const { result } = await rpcOf(
      await sendModern(service.url, { token: service.token(), method: "tools/call", params }),
    )
    expect(JSON.stringify(result)).toContain(JSON.stringify(`Echo: ${message}`))
  })

  it("X2 answers 413 to a body over 4 MiB, and takes one of 2 MB", async () => {
    const service = await startService()
    const call = (size: number) => {
      const params = { name: "echo", arguments: { message: "x".repeat(size) } }
      return sendModern(service.url, { token: service.token(), method: "tools/call", params })
    }
    expect((await call(2_000_000)).status).toBe(200)
    expect((await call(4 * 1024 * 1024)).status).toBe(413)
  })

  it("X2 answers 415 to a compressed body", async () => {
    const service = await startService()
    const answer = await sendModern(service.url, { token: service.token(), headers: { "content-encoding": "gzip" } })
    expect(answer.status).toBe(415)
  })
})
