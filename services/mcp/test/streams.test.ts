/** Open streams: when they begin, when they end, how many there may be. */
import { request } from "node:http"
import { describe, expect, it } from "vitest"
import { bearer, envelope, initializeParams, openSession, rpcOf, sendLegacy } from "./messages.ts"
import { type Service, startService } from "./service.ts"
import { openGet, openListen, openPost, type Stream } from "./streams.ts"

const CLOCK = { resourceSubscriptions: ["demo://clock"] }

const kinds: { kind: string; open: (service: Service, token: string) => Promise<Stream> }[] = [
  { kind: "GET stream", open: async ({ url }, token) => openGet(url, token, await openSession(url, token)) },
  { kind: "subscriptions/listen", open: ({ url }, token) => openListen(url, token, CLOCK) },
]

describe.each(kinds)("OAuth and open streams, $kind", ({ open }) => {
  it("sends its headers at once", async () => {
    const service = await startService()
    const stream = await open(service, service.token())
    expect(stream.status).toBe(200)
    expect(stream.headers["content-type"]).toBe("text/event-stream")
  })

  it("B18 ends when its token expires, and no other does", async () => {
    const service = await startService()
    const stream = await open(service, service.token({ exp: service.clock.now() + 60 }))
    const other = await open(service, service.token({ sub: "demo|bob" }))
    const ends: string[] = []
    void stream.ended.then(() => ends.push("expired"))
    void other.ended.then(() => ends.push("other"))
    service.clock.advance(59)
    await fetch(service.origin)
    expect(ends).toEqual([])
    service.clock.advance(1)
    await stream.ended
    expect(ends).toEqual(["expired"])
  })

  it.each([
    { kind: "token", grantId: "grant-1", jti: "jti-1" } as const,
    { kind: "grant", grantId: "grant-1" } as const,
    { kind: "subject", subject: "demo|alice" } as const,
    { kind: "client", clientId: "client-1" } as const,
  ])("ends when what it was opened with is revoked, and no other does: $kind", async (event) => {
    const service = await startService()
    const stream = await open(service, service.token({ jti: "jti-1" }))
    const others = { sub: "demo|bob", grant_id: "grant-2", client_id: "client-2", jti: "jti-2" }
    const other = await open(service, service.token(others))
    let otherEnded = false
    void other.ended.then(() => {
      otherEnded = true
    })
    service.revocations.publish(event)
    await stream.ended
    expect(otherEnded).toBe(false)
  })

  it("ends when revocations may have been missed", async () => {
    const service = await startService()
    const stream = await open(service, service.token())
    service.revocations.publishGap()
    await stream.ended
  })

  it("does not hold up the end of the server", async () => {
    const service = await startService()
    const stream = await open(service, service.token())
    const started = performance.now()
    await service.close()
    await stream.ended
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

describe("OAuth and open streams, how many", () => {
  it("X9 are at most 50 a subject; a closed one makes room", async () => {
    const service = await startService()
    const token = service.token()
    const listen = (as = token) => openListen(service.url, as, CLOCK)
    const streams = await Promise.all(Array.from({ length: 51 }, () => listen()))
    expect(streams.filter(({ status }) => status === 200)).toHaveLength(50)
    const [refused] = streams.filter(({ status }) => status === 429)
    expect(refused?.headers["retry-after"]).toBeDefined()
    expect((await listen(service.token({ sub: "demo|bob" }))).status).toBe(200)
    streams.find(({ status }) => status === 200)?.hangUp()
    await expect.poll(() => listen().then(({ status }) => status)).toBe(200)
  })

  it("X9 leave no place taken by clients that hung up while their token was judged", async () => {
    const service = await startService()
    const token = service.token()
    const session = await openSession(service.url, token)
    const release = service.holdAnswers()
    const before = service.introspections()
    const headers = { ...bearer(token), accept: "text/event-stream", "mcp-session-id": session }
    const impatient = Array.from({ length: 60 }, () => {
      const outgoing = request(service.url, { headers })
      outgoing.on("error", () => {})
      outgoing.end()
      return outgoing
    })
    await expect.poll(() => service.introspections() - before).toBe(60)
    for (const outgoing of impatient) outgoing.destroy()
    await expect.poll(() => impatient.every(({ destroyed }) => destroyed)).toBe(true)
    await new Promise((later) => setTimeout(later, 50)) // until the server has noticed
    release()
    const streams = await Promise.all(Array.from({ length: 50 }, () => openListen(service.url, token, CLOCK)))
    expect(streams.every(({ status }) => status === 200)).toBe(true)
  })

  it("X9 hold 50 sessions in use: no further one is opened, and none is ended for it", async () => {
    const service = await startService()
    const token = service.token()
    const sessions: string[] = []
    for (let i = 0; i < 50; i++) sessions.push(await openSession(service.url, token))
    for (const session of sessions) await openGet(service.url, token, session)
    const sent = { token, id: "one-more", method: "initialize", params: initializeParams }
    const answer = await sendLegacy(service.url, sent)
    expect(answer.status).toBe(429)
    expect((await rpcOf(answer)).id).toBe("one-more")
    const headers = { "mcp-session-id": sessions[0] ?? "" }
    expect((await sendLegacy(service.url, { token, method: "ping", headers })).status).toBe(200)
  })
})

describe("OAuth and open streams, news of resources", () => {
  it("reach whoever listens to a resource (2026-07-28)", async () => {
    const service = await startService()
    const stream = await openListen(service.url, service.token(), CLOCK)
    await stream.heard("notifications/subscriptions/acknowledged")
    service.clock.advance(5)
    await stream.heard('"method":"notifications/resources/updated"')
    expect(stream.text()).toContain('"uri":"demo://clock"')
  })

  it("reach a session that has subscribed, until it unsubscribes (2025)", async () => {
    const service = await startService()
    const token = service.token()
    const session = await openSession(service.url, token)
    const send = async (method: string, params: Record<string, unknown>) =>
      rpcOf(await sendLegacy(service.url, { token, method, params, headers: { "mcp-session-id": session } }))
    const stream = await openGet(service.url, token, session)
    service.clock.advance(5)
    expect((await send("resources/subscribe", { uri: "demo://clock" })).result).toEqual({})
    service.clock.advance(5)
    await stream.heard("notifications/resources/updated")
    await send("resources/unsubscribe", { uri: "demo://clock" })
    service.clock.advance(5)
    await send("ping", {})
    expect(stream.text().match(/resources\/updated/g)).toHaveLength(1)
    expect((await send("resources/subscribe", { uri: "demo://nowhere" })).error?.code).toBe(-32602)
  })
})

describe("OAuth and open streams, resuming", () => {
  async function withUpdates() {
    const service = await startService()
    const token = service.token()
    const session = await openSession(service.url, token)
    const headers = { "mcp-session-id": session }
    const subscribe = { token, method: "resources/subscribe", params: { uri: "demo://clock" }, headers }
    await (await sendLegacy(service.url, subscribe)).text()
    const stream = await openGet(service.url, token, session)
    service.clock.advance(5)
    await stream.heard("notifications/resources/updated")
    const lastEventId = /id: (\S+)/.exec(stream.text())?.[1] ?? ""
    stream.hangUp()
    return { service, token, session, lastEventId }
  }

  it("gives a session what it has missed", async () => {
    const { service, token, session, lastEventId } = await withUpdates()
    service.clock.advance(5)
    let resumed: Stream | undefined
    await expect
      .poll(async () => {
        resumed = await openGet(service.url, token, session, { "last-event-id": lastEventId })
        return resumed.status // 409 until the server has noticed that the first stream is gone
      })
      .toBe(200)
    await resumed?.heard("notifications/resources/updated")
  })

  it("E9 replays nothing for the event of another session", async () => {
    const { service, token, lastEventId } = await withUpdates()
    const other = await openSession(service.url, token)
    const stream = await openGet(service.url, token, other, { "last-event-id": lastEventId })
    expect(stream.status).toBe(400)
    await stream.ended
    expect(stream.text()).not.toContain("resources/updated")
  })
})

describe("OAuth and open streams, calls", () => {
  it("a call's answer is cut off when its grant is revoked", async () => {
    const service = await startService()
    const stream = await openPost(service.url, service.token(), "tools/call", {
      name: "longRunningOperation",
      arguments: { duration: 30, steps: 100 },
      _meta: { ...envelope(), progressToken: 1 },
    })
    await stream.heard("notifications/progress")
    service.revocations.publish({ kind: "grant", grantId: "grant-1" })
    await stream.ended
    expect(stream.text()).not.toContain('"result"')
  })

  it("a call ends when its client cancels it (2025)", async () => {
    const service = await startService()
    const token = service.token()
    const session = await openSession(service.url, token)
    const headers = { "mcp-session-id": session }
    const params = {
      name: "longRunningOperation",
      arguments: { duration: 1, steps: 100 },
      _meta: { progressToken: "p" },
    }
    const answer = await sendLegacy(service.url, { token, id: 9, method: "tools/call", params, headers })
    let text = ""
    const reading = (async () => {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString()
    })().catch(() => {})
    const steps = () => text.match(/notifications\/progress/g)?.length ?? 0
    await expect.poll(steps).toBeGreaterThan(0)
    const cancel = { requestId: 9, reason: "changed my mind" }
    await sendLegacy(service.url, { token, id: null, method: "notifications/cancelled", params: cancel, headers })
    const heard = steps()
    for (let i = 0; i < 20; i++) await rpcOf(await sendLegacy(service.url, { token, method: "ping", headers }))
    expect(steps() - heard).toBeLessThanOrEqual(1) // one may have been on its way
    await service.close()
    await reading
  })

  it("log messages follow the level that a session asks for (2025)", async () => {
    const service = await startService()
    const token = service.token()
    const session = await openSession(service.url, token)
    const headers = { "mcp-session-id": session }
    const call = async () => {
      const params = { name: "longRunningOperation", arguments: { duration: 0, steps: 2 } }
      return (await sendLegacy(service.url, { token, method: "tools/call", params, headers })).text()
    }
    const setLevel = async (level: string) =>
      (await sendLegacy(service.url, { token, method: "logging/setLevel", params: { level }, headers })).text()
    await setLevel("info")
    expect(await call()).toContain("notifications/message")
    await setLevel("error")
    expect(await call()).not.toContain("notifications/message")
  })

  it("a session opened by hand answers as one opened by a client", async () => {
    const service = await startService()
    const sent = { token: service.token(), method: "initialize", params: initializeParams }
    const { result } = await rpcOf(await sendLegacy(service.url, sent))
    expect(result?.["capabilities"]).toMatchObject({ tools: {}, prompts: {}, logging: {}, completions: {} })
    expect(result?.["capabilities"]).toMatchObject({ resources: { subscribe: true } })
  })
})
