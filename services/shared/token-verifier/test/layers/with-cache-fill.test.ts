/** Answers that revocations overtook on their way. */
import { describe, expect, it } from "vitest"
import { createLocalCache } from "../../src/cache/local-cache.ts"
import type { Introspection } from "../../src/introspection.ts"
import { withCacheFill } from "../../src/layers/with-cache.ts"
import { createRecentRevocations } from "../../src/revocation/recent-revocations.ts"
import { newTrail } from "../../src/trail.ts"
import { patient, type Step, scriptedAsk } from "./scripted-ask.ts"

const ALICE: Introspection = Object.freeze({ active: true, sub: "alice" })

/** A server that calls every token active; `news` arrive while an answer is on its way. */
function start(...news: boolean[]) {
  const uptime = () => 0
  const revocations = createRecentRevocations({ uptime })
  const bounds = { positiveSeconds: 60, negativeSeconds: 5, maxPositive: 10, maxNegative: 10 }
  const cache = createLocalCache({ ...bounds, now: () => 0, uptime, revocations })
  const steps = news.map((comes): Step => {
    return async () => {
      if (comes) revocations.add({ kind: "subject", subject: "alice" })
      return ALICE
    }
  })
  const script = scriptedAsk(...steps)
  const fill = withCacheFill(cache, script.ask)
  return { cache, script, ask: () => fill("T", patient(), newTrail()) }
}

describe("OAuth introspection: an answer that news overtook", () => {
  it("is asked for once more", async () => {
    const { ask, cache, script } = start(true, false)
    expect(await ask()).toBe(ALICE)
    expect(cache.find("T")).toBe(ALICE)
    expect(script.calls).toHaveLength(2)
  })

  it("K3 is not believed when news overtook the second as well, and not remembered", async () => {
    const { ask, cache, script } = start(true, true)
    await expect(ask()).rejects.toMatchObject({ reason: "bad_response", retryAfterSeconds: 1 })
    expect(cache.find("T")).toBeUndefined()
    expect(script.calls).toHaveLength(2)
  })
})
