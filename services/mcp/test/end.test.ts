/** The end of the service: who is still answered, who is told to go, and what does not hold it up. */
import { connect } from "node:net"
import { setTimeout as pause } from "node:timers/promises"
import { describe, expect, it, onTestFinished } from "vitest"
import { bearer, envelope, json, openSession, sendLegacy, sendModern } from "./messages.ts"
import { startService as startProcess } from "./process.ts"
import { type Service, startService } from "./service.ts"
import { openGet, openListen, openSessionCall, type Stream } from "./streams.ts"

const DONE = "Done, in 1 seconds"
const CLOCK = { resourceSubscriptions: ["demo://clock"] }

async function withSession() {
  const service = await startService()
  const token = service.token()
  return { service, token, session: await openSession(service.url, token) }
}

async function endedWithin({ close }: Service): Promise<number> {
  const started = performance.now()
  await close()
  return performance.now() - started
}

/** fetch begins to read the answer to a call, gives up, and asks something else. */
async function giveUpOneCall(url: string, token: string, session?: string): Promise<void> {
  const gone = new AbortController()
  const params = {
    name: "longRunningOperation",
    arguments: { duration: 1, steps: 50 },
    _meta: { ...(session === undefined && envelope()), progressToken: "p" },
  }
  const modern = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "longRunningOperation",
  }
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...json, ...bearer(token), ...(session === undefined ? modern : { "mcp-session-id": session }) },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
    signal: gone.signal,
  })
  await answer.body?.getReader().read()
  gone.abort()
  await (await sendModern(url, { token })).text()
}

describe("OAuth-protected MCP service, its end: calls in sessions", () => {
  it("Z9 a call whose answer streams is answered whole, and the service waits for nothing else", async () => {
    const { service, token, session } = await withSession()
    const call = await openSessionCall(service.url, token, session, 1)
    await call.heard("notifications/progress")
    const took = await endedWithin(service)
    await call.ended
    expect(call.text()).toContain(DONE)
    expect(took).toBeLessThan(2_000)
  })

  it("Z9 standing streams end at once and politely, while a call is still answered", async () => {
    const { service, token, session } = await withSession()
    const call = await openSessionCall(service.url, token, session, 1)
    await call.heard("notifications/progress")
    const streams = [await openGet(service.url, token, session), await openListen(service.url, token, CLOCK)]
    const order: string[] = []
    const note = (name: string) => (stream: Stream) => void stream.ended.then(() => order.push(name))
    streams.forEach(note("standing"))
    note("call")(call)
    const closed = service.close()
    const started = performance.now()
    await Promise.all(streams.map(({ ended }) => ended))
    expect(performance.now() - started).toBeLessThan(500)
    await closed
    await call.ended
    expect(order).toEqual(["standing", "standing", "call"])
    expect(call.text()).toContain(DONE)
    expect(streams[1]?.text()).toContain('"result":{"resultType":"complete"')
  })

  it("Z9 an answer that its client took up again after the connection broke is waited for too", async () => {
    const { service, token, session } = await withSession()
    const call = await openSessionCall(service.url, token, session, 1)
    await call.heard("notifications/progress")
    call.hangUp()
    const headers = { "last-event-id": /id: (\S+)/.exec(call.text())?.[1] ?? "" }
    let resumed: Stream | undefined
    await expect
      .poll(async () => {
        resumed = await openGet(service.url, token, session, headers)
        return resumed.status // 409 until the server has noticed that the first stream is gone
      })
      .toBe(200)
    await service.close()
    await resumed?.ended
    expect(resumed?.text()).toContain(DONE)
  })

  it("a call that its client cancelled is not waited for", async () => {
    const { service, token, session } = await withSession()
    const call = await openSessionCall(service.url, token, session, 10, 9)
    await call.heard("notifications/progress")
    const headers = { "mcp-session-id": session }
    const cancel = { token, id: null, method: "notifications/cancelled", params: { requestId: 9 }, headers }
    await sendLegacy(service.url, cancel)
    expect(await endedWithin(service)).toBeLessThan(1_000)
    await call.ended
  })

  it("a call whose client has gone is not waited for", async () => {
    const { service, token, session } = await withSession()
    const call = await openSessionCall(service.url, token, session, 10)
    await call.heard("notifications/progress")
    call.hangUp()
    expect(await endedWithin(service)).toBeLessThan(1_000)
  })
})

describe("OAuth-protected MCP service, its end: connections", () => {
  it.each(["2026-07-28", "2025"])("is not held up by a client of fetch that gave up a call before: %s", async (era) => {
    const { service, token, session } = await withSession()
    await giveUpOneCall(service.url, token, era === "2025" ? session : undefined)
    expect(await endedWithin(service)).toBeLessThan(2_500)
  })

  it("is not held up by a connection on which nothing was asked", async () => {
    const service = await startService()
    const spare = connect(service.port, "127.0.0.1")
    onTestFinished(() => void spare.destroy())
    await pause(50)
    expect(await endedWithin(service)).toBeLessThan(2_500)
  })

  it("Z9 the process ends within three seconds of SIGTERM after a client of fetch gave up a call", async () => {
    const process = await startProcess()
    await expect.poll(() => process.statusOf("/readyz"), { timeout: 10_000 }).toBe(200)
    const session = await openSession(process.url, "good")
    await giveUpOneCall(process.url, "good", session)
    const started = performance.now()
    process.child.kill("SIGTERM")
    expect(await process.exited).toBe(0)
    expect(performance.now() - started).toBeLessThan(3_000)
  })
})
