/** Section L of the refusals: sessions of the 2025 revisions belong to one subject of one issuer. */
import { describe, expect, it } from "vitest"
import { bearer, initializeParams, json, openSession, rpcOf, sendLegacy } from "./messages.ts"
import { sendBytes } from "./raw.ts"
import { type Service, startService } from "./service.ts"
import { openGet } from "./streams.ts"

const methods = ["GET", "POST", "DELETE"]
const HOUR = 3600

/** A request with a session's id, by any method. */
const touch = ({ url }: Service, method: string, token: string | undefined, session: string) =>
  fetch(url, {
    method,
    headers: {
      ...json,
      ...(method === "GET" && { accept: "text/event-stream" }),
      ...(token !== undefined && bearer(token)),
      "mcp-session-id": session,
    },
    ...(method === "POST" && { body: '{"jsonrpc":"2.0","id":"seven","method":"ping"}' }),
  })

const isAlive = async (service: Service, token: string, session: string) => {
  const answer = await touch(service, "POST", token, session)
  await answer.text()
  return answer.status === 200
}

describe.each(methods)("OAuth and MCP sessions, %s", (method) => {
  it("E1 answers 404 for another subject's session, as for an unknown one, and leaves it to its owner", async () => {
    const service = await startService()
    const [alice, bob] = [service.token(), service.token({ sub: "demo|bob", grant_id: "grant-2" })]
    const session = await openSession(service.url, alice)
    const foreign = await touch(service, method, bob, session)
    const unknown = await touch(service, method, bob, crypto.randomUUID())
    expect([foreign.status, unknown.status]).toEqual([404, 404])
    const body = await foreign.text()
    expect(body).toBe(await unknown.text())
    expect(JSON.parse(body).id).toBe(method === "POST" ? "seven" : null)
    expect(await isAlive(service, alice, session)).toBe(true)
  })

  it("E4 answers 401 for a session's id without a token", async () => {
    const service = await startService()
    const session = await openSession(service.url, service.token())
    expect((await touch(service, method, undefined, session)).status).toBe(401)
  })

  it("E5 answers 400 without a session's id, though only one session is open", async () => {
    const service = await startService()
    const token = service.token()
    await openSession(service.url, token)
    const { status } = await sendBytes(service, { method, headers: [`Authorization: Bearer ${token}`] })
    expect(status).toBe(400)
  })

  it("E7 refuses two Mcp-Session-Id headers", async () => {
    const service = await startService()
    const token = service.token()
    const session = await openSession(service.url, token)
    const headers = [`Authorization: Bearer ${token}`, `Mcp-Session-Id: ${session}`, `mcp-session-id: ${session}`]
    expect((await sendBytes(service, { method, headers })).status).toBe(400)
    expect(await isAlive(service, token, session)).toBe(true)
  })

  it("E14 answers 404 after the session has ended", async () => {
    const service = await startService()
    const token = service.token()
    const session = await openSession(service.url, token)
    expect((await touch(service, "DELETE", token, session)).status).toBe(200)
    expect((await touch(service, method, token, session)).status).toBe(404)
  })
})

describe("OAuth and MCP sessions, whose they are", () => {
  it("are the same user's with a refreshed token", async () => {
    const service = await startService()
    const session = await openSession(service.url, service.token())
    expect(await isAlive(service, service.token({ jti: "next" }), session)).toBe(true)
  })

  it("E7 have an id that the server makes, whatever the client proposes", async () => {
    const service = await startService()
    const proposed = { "mcp-session-id": "my-own-id" }
    const sent = { token: service.token(), method: "initialize", params: initializeParams, headers: proposed }
    const answer = await sendLegacy(service.url, sent)
    expect(answer.status).toBe(200)
    expect(answer.headers.get("mcp-session-id")).toMatch(/^[0-9a-f-]{36}$/)
  })

  it("are not opened by a handshake that is none", async () => {
    const service = await startService()
    const token = service.token()
    const wrong = await sendLegacy(service.url, { token, method: "initialize", params: { protocolVersion: 5 } })
    expect(wrong.status).toBe(400)
    expect((await rpcOf(wrong)).error?.code).toBe(-32602)
    const accept = { accept: "application/json" }
    const sent = { token, method: "initialize", params: initializeParams, headers: accept }
    expect((await sendLegacy(service.url, sent)).status).toBe(406)
  })

  it.each(["2025-03-26", "2025-06-18", "2025-11-25"])(
    "speak revision %s when asked for it",
    async (protocolVersion) => {
      const service = await startService()
      const params = { ...initializeParams, protocolVersion }
      const answer = await sendLegacy(service.url, { token: service.token(), method: "initialize", params })
      expect((await rpcOf(answer)).result).toMatchObject({ protocolVersion, serverInfo: { name: "gatehouse" } })
    },
  )

  it("E11 keep requests apart whose ids look alike", async () => {
    const service = await startService()
    const token = service.token()
    const headers = { "mcp-session-id": await openSession(service.url, token) }
    const ids = [1, "1", "*", "a:b", "x".repeat(10_000)]
    const answers = await Promise.all(
      ids.map(async (id) => {
        const params = { name: "echo", arguments: { message: `for ${JSON.stringify(id)}` } }
        return rpcOf(await sendLegacy(service.url, { token, id, method: "tools/call", params, headers }))
      }),
    )
    for (const [index, id] of ids.entries()) {
      expect(answers[index]?.id).toBe(id)
      expect(JSON.stringify(answers[index]?.result)).toContain(JSON.stringify(`Echo: for ${JSON.stringify(id)}`))
    }
  })
})

describe("OAuth and MCP sessions, their end", () => {
  it.each(methods)("come after an hour without use: 404 to %s", async (method) => {
    const service = await startService()
    const session = await openSession(service.url, service.token())
    service.clock.advance(HOUR - 1)
    expect(await isAlive(service, service.token(), session)).toBe(true)
    service.clock.advance(HOUR)
    expect((await touch(service, method, service.token(), session)).status).toBe(404)
  })

  it("is not brought by silence while a stream is open, and comes an hour after it was closed", async () => {
    const service = await startService()
    const day = { exp: service.clock.now() + 48 * HOUR }
    const token = service.token(day)
    const session = await openSession(service.url, token)
    const stream = await openGet(service.url, token, session)
    service.clock.advance(5 * HOUR)
    expect(await isAlive(service, token, session)).toBe(true)
    service.clock.advance(5 * HOUR)
    stream.hangUp()
    await expect.poll(() => openGet(service.url, token, session).then(({ status }) => status)).toBe(200)
  })

  it("comes after 24 hours of constant use", async () => {
    const service = await startService()
    const session = await openSession(service.url, service.token())
    for (let i = 0; i < 47; i++) {
      service.clock.advance(HOUR / 2)
      expect(await isAlive(service, service.token(), session)).toBe(true)
    }
    service.clock.advance(HOUR / 2)
    expect(await isAlive(service, service.token(), session)).toBe(false)
  })

  it.each([
    { kind: "grant", grantId: "grant-1" } as const,
    { kind: "subject", subject: "demo|alice" } as const,
    { kind: "client", clientId: "client-1" } as const,
  ])("comes with the revocation of what it was opened with, for the next grant too: $kind", async (event) => {
    const service = await startService()
    const session = await openSession(service.url, service.token())
    const bob = service.token({ sub: "demo|bob", grant_id: "grant-9", client_id: "client-9" })
    const bobs = await openSession(service.url, bob)
    const next = { grant_id: "grant-2", client_id: "client-2", jti: "next", iat: service.clock.now() + 1 }
    service.revocations.publish(event)
    service.clock.advance(5)
    expect((await touch(service, "POST", service.token({ ...next, sub: "demo|alice" }), session)).status).not.toBe(200)
    expect(await isAlive(service, bob, bobs)).toBe(true)
  })

  it("does not come with the revocation of a single token", async () => {
    const service = await startService()
    const session = await openSession(service.url, service.token({ jti: "first" }))
    service.revocations.publish({ kind: "token", grantId: "grant-1", jti: "first" })
    expect(await isAlive(service, service.token({ jti: "second" }), session)).toBe(true)
  })
})

describe("OAuth and MCP sessions, how many", () => {
  it("are at most 50 a subject: the one unused longest makes room, another subject's never", async () => {
    const service = await startService()
    const [alice, bob] = [service.token(), service.token({ sub: "demo|bob" })]
    const bobs = await openSession(service.url, bob)
    const sessions: string[] = []
    for (let i = 0; i < 50; i++) {
      sessions.push(await openSession(service.url, alice))
      service.clock.advance(1)
    }
    const [first = "", second = ""] = sessions
    expect(await isAlive(service, alice, first)).toBe(true) // used: the second is the idlest now
    service.clock.advance(1)
    await openSession(service.url, alice)
    expect(await isAlive(service, alice, second)).toBe(false)
    expect(await isAlive(service, alice, first)).toBe(true)
    expect(await isAlive(service, bob, bobs)).toBe(true)
  })

  it("E2 belong to a subject of one issuer: the same name at another is somebody else", async () => {
    const { createSessions } = await import("../src/sessions/sessions.ts")
    const { callerOf, authInfoOf } = await import("../src/caller.ts")
    const { McpServer } = await import("@modelcontextprotocol/server")
    const factory = () => new McpServer({ name: "test", version: "1" })
    const sessions = createSessions({ factory, now: () => 0, onError: () => {} })
    const claims = { iss: "https://one.test", sub: "alice", aud: "x", scope: "mcp", exp: 100 }
    const caller = callerOf(claims)
    const message = { jsonrpc: "2.0", id: 1, method: "initialize", params: initializeParams }
    const request = new Request("http://x/mcp", { method: "POST", headers: json, body: JSON.stringify(message) })
    const answer = await sessions.open({ request, message, caller, authInfo: authInfoOf(caller, "") })
    const id = answer?.headers.get("mcp-session-id") ?? ""
    expect(sessions.find(id, caller)).toBeDefined()
    expect(sessions.find(id, callerOf({ ...claims, iss: "https://two.test" }))).toBeUndefined()
    await sessions.endAll()
    expect(sessions.size()).toBe(0)
  })
})
