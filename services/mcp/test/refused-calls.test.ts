/** What is refused is not run: a call without its scope, and one call too many. */
import { createMetrics } from "@gatehouse/service-kit"
import { describe, expect, it } from "vitest"
import { createMcpMetrics } from "../src/index.ts"
import { lookingAt } from "./measured.ts"
import { sendModern } from "./messages.ts"
import { startService } from "./service.ts"

/** Whoever runs it keeps a place among the open streams for ten minutes. */
const longCall = { method: "tools/call", params: { name: "longRunningOperation", arguments: { duration: 600 } } }

async function start(rateLimit: number | "off") {
  const registry = createMetrics({ name: "mcp", version: "0.0.0" })
  const metrics = createMcpMetrics(registry, [])
  const service = await startService({ config: { rateLimit }, metrics })
  return { service, running: () => lookingAt(registry).value("mcp_open_streams") }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 50))

describe("OAuth service, calls that are refused", () => {
  it("S1 are not run when the token lacks their scope", async () => {
    const { service, running } = await start("off")
    const answer = await sendModern(service.url, { token: service.token({ scope: "mcp:resources" }), ...longCall })
    expect(answer.status).toBe(403)
    await settle()
    expect(await running()).toBe(0)
  })

  it("X7 are not run when they are one too many", async () => {
    const { service, running } = await start(1)
    const echo = { method: "tools/call", params: { name: "echo", arguments: { message: "x" } } }
    expect((await sendModern(service.url, { token: service.token(), ...echo })).status).toBe(200)
    expect((await sendModern(service.url, { token: service.token(), ...longCall })).status).toBe(429)
    await settle()
    expect(await running()).toBe(0)
  })
})
