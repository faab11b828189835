/** Section S of the refusals, the rates. */
import { describe, expect, it } from "vitest"
import { openSession, sendLegacy, sendModern } from "./messages.ts"
import { startService } from "./service.ts"

const echo = { method: "tools/call", params: { name: "echo", arguments: { message: "x" } } }

describe("OAuth service, rates", () => {
  it("X7 limits a subject's tool calls over both eras together, and nobody else's", async () => {
    const service = await startService({ config: { rateLimit: 4 } })
    const token = service.token()
    const session = await openSession(service.url, token)
    const statuses: number[] = []
    for (let i = 0; i < 3; i++) {
      statuses.push((await sendModern(service.url, { token: service.token(), ...echo })).status)
      const legacy = { token, ...echo, headers: { "mcp-session-id": session } }
      statuses.push((await sendLegacy(service.url, legacy)).status)
    }
    expect(statuses).toEqual([200, 200, 200, 200, 429, 429])
    expect((await sendModern(service.url, { token: service.token({ sub: "demo|bob" }), ...echo })).status).toBe(200)
    expect((await sendModern(service.url, { token })).status).toBe(200) // listing is no call
    const refused = await sendModern(service.url, { token, ...echo })
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0)
    service.clock.advance(60)
    expect((await sendModern(service.url, { token, ...echo })).status).toBe(200)
  })

  it("X4 answers a flood of refused tokens with 429, and goes on serving good ones of that peer", async () => {
    const service = await startService({ config: { rateLimit: 5 } })
    const statuses: number[] = []
    for (let i = 0; i < 8; i++) statuses.push((await sendModern(service.url, { token: `garbage${i}` })).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429])
    expect((await sendModern(service.url, { token: service.token() })).status).toBe(200)
  })

  it("X8 is not fooled by a forged X-Forwarded-For", async () => {
    const service = await startService({ config: { rateLimit: 2 } })
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) {
      const headers = { "x-forwarded-for": `10.0.0.${i}` }
      statuses.push((await sendModern(service.url, { token: "garbage", headers })).status)
    }
    expect(statuses).toEqual([401, 401, 429, 429])
  })
})
