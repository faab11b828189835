/** How long validations and requests take, in buckets that have the limits of the objectives as edges. */
import { describe, expect, it } from "vitest"
import { status } from "../../shared/token-verifier/test/authorization-server.ts"
import { startMeasured } from "./measured.ts"

describe("OAuth metrics: how long validations take", () => {
  const durations = /^mcp_(token_validation|introspection)_duration_seconds_count$/

  it("is measured once for each, by outcome and origin, and for each request by its result", async () => {
    const { server, verifier, growth } = await startMeasured({}, { limits: { retries: 0 } })
    const token = server.issueOpaque()
    const counted = await growth(async () => {
      await verifier.verifyMany([token, "unknown"])
      await verifier.verifyToken(token)
      server.behaviour = status(500)
      await verifier.verifyToken("T")
    }, durations)
    const taken = (outcome: string, cache: string) =>
      `mcp_token_validation_duration_seconds_count{outcome="${outcome}",cache="${cache}"}`
    const asked = (result: string) => `mcp_introspection_duration_seconds_count{server="primary",result="${result}"}`
    expect(counted).toEqual({
      [taken("valid", "miss")]: 1,
      [taken("valid", "l1")]: 1,
      [taken("invalid", "miss")]: 1,
      [taken("unavailable", "miss")]: 1,
      [asked("active")]: 1,
      [asked("inactive")]: 1,
      [asked("bad_response")]: 1,
    })
  })

  it("has the limits of the objectives as edges, and measures in seconds", async () => {
    const { server, verifier, clock, exposed } = await startMeasured({}, { limits: { perTryTimeoutMs: 5000 } })
    const { behaviour } = server
    server.behaviour = async (exchange) => {
      clock.advance(0.2)
      return behaviour(exchange)
    }
    await verifier.verifyToken(server.issueOpaque())
    const after = await exposed()
    const below = (le: string) =>
      after.value(`mcp_token_validation_duration_seconds_bucket{le="${le}",outcome="valid",cache="miss"}`)
    expect(["0.0005", "0.05", "0.1", "0.3", "2.5", "+Inf"].map(below)).toEqual([0, 0, 0, 1, 1, 1])
    expect(after.value('mcp_token_validation_duration_seconds_sum{outcome="valid",cache="miss"}')).toBeCloseTo(0.2)
  })
})
