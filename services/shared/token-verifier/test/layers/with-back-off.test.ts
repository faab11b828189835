/** How long nobody asks after a limit on our rate, and after a word against our own credentials. */
import { manualClock } from "@gatehouse/test-kit"
import { describe, expect, it } from "vitest"
import type { Introspection } from "../../src/introspection.ts"
import { withBackOff } from "../../src/layers/with-back-off.ts"
import { Unavailable } from "../../src/unavailable.ts"
import { ACTIVE, patient, type Step, scriptedAsk } from "./scripted-ask.ts"

function start(...steps: Step[]) {
  const clock = manualClock()
  const script = scriptedAsk(...steps)
  const stack = withBackOff(clock.now, script.ask)
  return { clock, script, ask: () => stack("T", patient()) }
}

const limited = (retryAfterSeconds: number) => new Unavailable("rate_limited", { retryAfterSeconds })
const rejected = new Unavailable("credentials_rejected", { cause: new Error("the endpoint answered 401") })

describe("OAuth introspection: keeping quiet", () => {
  it("G4 does not ask for five seconds after our credentials were rejected, and says why", async () => {
    const { ask, clock, script } = start(rejected, ACTIVE)
    await expect(ask()).rejects.toBe(rejected)
    clock.advance(3)
    const { cause } = rejected
    await expect(ask()).rejects.toMatchObject({ reason: "credentials_rejected", retryAfterSeconds: 2, cause })
    expect(script.calls).toHaveLength(1)
    clock.advance(2)
    expect(await ask()).toBe(ACTIVE)
  })

  it("keeps quiet for the longer of two times, for the reason of that one", async () => {
    const slow = Promise.withResolvers<Introspection>()
    const { ask, clock } = start(() => slow.promise, limited(30))
    const early = ask()
    await expect(ask()).rejects.toMatchObject({ reason: "rate_limited" })
    slow.reject(rejected)
    await expect(early).rejects.toBe(rejected)
    clock.advance(6)
    await expect(ask()).rejects.toMatchObject({ reason: "rate_limited", retryAfterSeconds: 24 })
  })

  it.each([
    new Unavailable("network"),
    new Unavailable("timeout"),
    new Unavailable("bad_response", { retryAfterSeconds: 9 }),
  ])("asks on after %s", async (error) => {
    const { ask } = start(error, ACTIVE)
    await expect(ask()).rejects.toBe(error)
    expect(await ask()).toBe(ACTIVE)
  })
})
