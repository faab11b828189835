/** How long one asks, and what those further in know of it. */
import { describe, expect, it } from "vitest"
import { timeLeftMs, withTimeout } from "../../src/layers/with-timeout.ts"
import { Unavailable } from "../../src/unavailable.ts"
import { ACTIVE, deafHang, patient, scriptedAsk } from "./scripted-ask.ts"

describe("OAuth introspection: a bound on time", () => {
  it("tells how long the nearest deadline is away", async () => {
    const left: number[] = []
    const look = scriptedAsk(async (_, signal) => {
      left.push(Math.ceil(timeLeftMs(signal) / 1000))
      return ACTIVE
    })
    await withTimeout(5000, withTimeout(2000, look.ask))("T", patient())
    await withTimeout(1000, withTimeout(2000, look.ask))("T", patient())
    await look.ask("T", patient())
    expect(left).toEqual([2, 1, Number.POSITIVE_INFINITY])
  })

  it("G2 gives up also on what does not hear that it should", async () => {
    await expect(withTimeout(10, deafHang)("T", patient())).rejects.toMatchObject({ reason: "timeout" })
  })

  it("a failure that nobody waits for any more troubles nobody", async () => {
    const { ask } = scriptedAsk(new Unavailable("network"))
    await expect(withTimeout(1000, ask)("T", AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone")
    await new Promise(setImmediate) // when vitest hears of promises that were rejected for nobody
  })
})
