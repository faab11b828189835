/** What an attacker sends by the thousand costs a few lines of the log, and is counted in it. */
import { randomBytes } from "node:crypto"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { sendModern } from "../../mcp/test/messages.ts"
import { startTracedServices, type TracedServices } from "./traced-services.ts"

/** So many at a time. */
async function flood(count: number, send: () => Promise<Response>): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {}
  let left = count
  const worker = async () => {
    while (left-- > 0) {
      const answer = await send()
      await answer.arrayBuffer()
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 32 }, worker))
  return statuses
}

interface Line {
  msg: string
  line?: string
  lines?: number
}

const linesOf = (output: string): Line[] =>
  output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))

/** Lines with this beginning, and those that were only counted. */
function toldOf(lines: readonly Line[], message: string) {
  const counted = lines.filter(({ msg, line }) => msg === "not logged" && line?.startsWith(message))
  return {
    written: lines.filter(({ msg }) => msg === message).length,
    counted: counted.reduce((sum, { lines: more = 0 }) => sum + more, 0),
  }
}

describe("OAuth services, floods", () => {
  let services: TracedServices
  beforeAll(async () => {
    services = await startTracedServices({ LOG_LEVEL: "info", RATE_LIMIT: "off" })
  })
  afterAll(() => services?.stop())

  it("X4 2,000 garbage tokens and 500 wrong client secrets are a few hundred lines, and their number", async () => {
    const before = { mcp: linesOf(services.mcp.output()).length, auth: linesOf(services.auth.output()).length }
    const garbage = () => sendModern(services.mcpUrl, { token: randomBytes(24).toString("base64url") })
    expect(await flood(2_000, garbage)).toEqual({ 401: 2_000 })
    const guess = () =>
      fetch(`${services.issuer}/token`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`nightly:${randomBytes(24).toString("base64url")}`)}` },
        body: new URLSearchParams({ grant_type: "client_credentials" }),
      })
    expect(await flood(500, guess)).toEqual({ 401: 500 })
    await Promise.all([services.mcp.end(), services.auth.end()]) // which tells what was not told yet
    const [mcp, auth] = [linesOf(services.mcp.output()), linesOf(services.auth.output())]
    // Sixty a minute of each of two kinds; a minute may end meanwhile.
    expect(mcp.length - before.mcp).toBeLessThan(4 * 60 + 20)
    expect(auth.length - before.auth).toBeLessThan(4 * 60 + 20)
    for (const [lines, message, sent] of [
      [mcp, "access token refused", 2_000],
      [mcp, "request", 2_000],
      [auth, "auth.token.denied", 500],
      [auth, "request", 500],
    ] as const) {
      const { written, counted } = toldOf(lines, message)
      expect(written, message).toBeGreaterThanOrEqual(60)
      expect(written + counted, message).toBeGreaterThanOrEqual(sent)
      expect(written + counted, message).toBeLessThan(sent + 20) // what else was asked, such as the metadata
    }
  }, 60_000)
})
