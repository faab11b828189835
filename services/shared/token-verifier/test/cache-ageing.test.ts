/** The end of an answer's time: asking anew before it for what is much in use, and doing with it after it in an outage. */
import type { RevocationEvent } from "@gatehouse/oauth"
import { manualClock } from "@gatehouse/test-kit"
import { localRevocations } from "@gatehouse/token-verifier"
import { describe, expect, it } from "vitest"
import { createLocalCache, type LocalCacheOptions } from "../src/cache/local-cache.ts"
import type { Introspect, Introspection } from "../src/introspection.ts"
import { withCacheFill, withCacheLookup } from "../src/layers/with-cache.ts"
import { createRecentRevocations } from "../src/revocation/recent-revocations.ts"
import { newTrail } from "../src/trail.ts"
import { Unavailable } from "../src/unavailable.ts"
import { json, status } from "./authorization-server.ts"
import { activeToken, healthOf, START, startVerifier } from "./setting.ts"

const valid = expect.objectContaining({ outcome: "valid" })
const settle = () => new Promise(setImmediate)

/** A cache on clocks of the test's, in front of what a test says. */
function cacheInFront(ask: Introspect, options: Partial<LocalCacheOptions> = {}) {
  const clock = manualClock(START)
  const revocations = createRecentRevocations({ uptime: clock.now })
  const bounds = { positiveSeconds: 60, negativeSeconds: 5, maxPositive: 100, maxNegative: 10 }
  const cache = createLocalCache({ now: clock.now, uptime: clock.now, revocations, ...bounds, ...options })
  let calls = 0
  const filled = withCacheFill(cache, (token, signal) => {
    calls++
    return ask(token, signal)
  })
  const introspect = withCacheLookup(cache, filled)
  const verify = (token: string) => introspect(token, new AbortController().signal, newTrail())
  return { clock, cache, revocations, verify, calls: () => calls }
}

const answerActive = async (): Promise<Introspection> => ({ active: true, sub: "alice", exp: START + 3600 })

describe("OAuth token verifier: asking anew before the time is over", () => {
  const askFourTimes = async (verify: (token: string) => Promise<unknown>, token = "T") => {
    for (let i = 0; i < 4; i++) await verify(token)
  }

  it("a token much in use is answered from memory while one question about it is on its way", async () => {
    let held = Promise.resolve()
    let release = () => {}
    const { verify, clock, calls } = cacheInFront(async () => {
      await held
      return answerActive()
    })
    await askFourTimes(verify)
    clock.advance(47)
    await verify("T")
    expect(calls()).toBe(1)
    clock.advance(2)
    held = new Promise((resolve) => {
      release = resolve
    })
    for (let i = 0; i < 10; i++) expect(await verify("T")).toMatchObject({ active: true })
    expect(calls()).toBe(2)
    release()
    await settle()
    clock.advance(59)
    expect(await verify("T")).toMatchObject({ active: true })
    expect(calls()).toBe(2)
  })

  it("a token little in use is not asked about before somebody needs it", async () => {
    const { verify, clock, calls } = cacheInFront(answerActive)
    await verify("T")
    clock.advance(55)
    for (let i = 0; i < 3; i++) await verify("T")
    await settle()
    expect(calls()).toBe(1)
  })

  it("nor is one that ends anyway, nor any when that is turned off", async () => {
    const brief = cacheInFront(async () => ({ active: true, exp: START + 55 }))
    const off = cacheInFront(answerActive, { refreshAhead: false })
    for (const { verify, clock, calls } of [brief, off]) {
      await askFourTimes(verify)
      clock.advance(50)
      await verify("T")
      await settle()
      expect(calls()).toBe(1)
    }
  })

  it("a failure changes nothing, and is not tried again", async () => {
    let fails = false
    const { verify, clock, calls } = cacheInFront(async () => {
      if (fails) throw new Unavailable("network")
      return answerActive()
    })
    await askFourTimes(verify)
    fails = true
    clock.advance(50)
    for (let i = 0; i < 5; i++) {
      expect(await verify("T")).toMatchObject({ active: true })
      await settle()
    }
    expect(calls()).toBe(2)
    clock.advance(10)
    await expect(verify("T")).rejects.toThrow("network")
  })

  it("what it learns is believed: a token that became inactive, and one that was revoked meanwhile", async () => {
    let active = true
    const { verify, clock, revocations } = cacheInFront(async () => (active ? answerActive() : { active: false }))
    await askFourTimes(verify)
    active = false
    clock.advance(50)
    expect(await verify("T")).toMatchObject({ active: true })
    await settle()
    expect(await verify("T")).toEqual({ active: false })
    active = true
    clock.advance(6)
    await askFourTimes(verify)
    clock.advance(50)
    await verify("T")
    active = false
    revocations.add({ kind: "subject", subject: "alice" })
    await settle()
    expect(await verify("T")).toEqual({ active: false })
  })

  it("at most 16 are asked about at once, and the others when there is room", async () => {
    let [asking, most] = [0, 0]
    let answer = () => {}
    let held = Promise.resolve()
    const { verify, clock, calls } = cacheInFront(async () => {
      most = Math.max(most, ++asking)
      await held
      asking--
      return answerActive()
    })
    const tokens = Array.from({ length: 40 }, (_, i) => `t${i}`)
    for (const token of tokens) await askFourTimes(verify, token)
    most = 0
    clock.advance(50)
    for (let round = 1; round <= 3; round++) {
      held = new Promise((resolve) => {
        answer = resolve
      })
      for (const token of [...tokens, ...tokens]) expect(await verify(token)).toMatchObject({ active: true })
      expect(calls()).toBe(40 + Math.min(40, round * 16))
      answer()
      await settle()
    }
    expect(most).toBe(16)
  })
})

describe("OAuth token verifier: an expired answer in place of none", () => {
  const startStale = async (staleIfErrorSeconds: number) => {
    const revocations = localRevocations()
    const setting = await startVerifier({ limits: { staleIfErrorSeconds }, revocations })
    expect(await setting.verifier.verifyToken("T")).toEqual(valid)
    setting.server.behaviour = status(503)
    return { ...setting, revocations }
  }
  const unavailable = expect.objectContaining({ outcome: "unavailable" })

  it("G7 is off unless it is asked for", async () => {
    const { verifier, clock } = await startStale(0)
    clock.advance(61)
    expect(await verifier.verifyToken("T")).toEqual(unavailable)
    expect(healthOf(verifier)).toMatchObject({ staleServed: 0 })
  })

  it("G7 is used within its bound, counted, and not after it", async () => {
    const { server, verifier, clock } = await startStale(30)
    clock.advance(59)
    expect(await verifier.verifyToken("T")).toEqual(valid)
    expect(healthOf(verifier)).toMatchObject({ staleServed: 0 })
    clock.advance(30)
    expect(await verifier.verifyToken("T")).toEqual(valid)
    expect(server.calls.length).toBeGreaterThan(1)
    expect(healthOf(verifier)).toMatchObject({ staleServed: 1 })
    clock.advance(2)
    expect(await verifier.verifyToken("T")).toEqual(unavailable)
  })

  it("G7 G9 is nothing for a token that was never seen", async () => {
    const { verifier } = await startStale(30)
    expect(await verifier.verifyToken("another")).toEqual(unavailable)
  })

  it("G7 an answer wins: what was called inactive since is not used again", async () => {
    const { server, verifier, clock } = await startStale(200)
    clock.advance(61)
    expect(await verifier.verifyToken("T")).toEqual(valid)
    server.behaviour = json({ active: false })
    expect(await verifier.verifyToken("T")).toEqual({ outcome: "invalid", reason: "inactive" })
    server.behaviour = status(503)
    clock.advance(6)
    expect(await verifier.verifyToken("T")).toEqual(unavailable)
  })

  it("G7 K1 is never used past exp", async () => {
    const { server, verifier, clock } = await startStale(30)
    server.behaviour = json(activeToken(server.issuer, { exp: START + 70 }))
    expect(await verifier.verifyToken("brief")).toEqual(valid)
    server.behaviour = status(503)
    clock.advance(69)
    expect(await verifier.verifyToken("brief")).toEqual(valid)
    clock.advance(1)
    expect(await verifier.verifyToken("brief")).toEqual(unavailable)
  })

  it.each<RevocationEvent | "gap">([
    { kind: "token", grantId: "grant-1", jti: "jti-1" },
    { kind: "grant", grantId: "grant-1" },
    { kind: "subject", subject: "demo|alice" },
    { kind: "client", clientId: "client-1" },
    "gap",
  ])("G7 is never used after %j", async (event) => {
    const { verifier, clock, revocations } = await startStale(30)
    clock.advance(61)
    expect(await verifier.verifyToken("T")).toEqual(valid)
    if (event === "gap") revocations.publishGap()
    else revocations.publish(event)
    expect(await verifier.verifyToken("T")).toEqual(unavailable)
  })

  it("G7 is never used for what was revoked before a server that lags behind called it active", async () => {
    let down = false
    const ask = async () => {
      if (down) throw new Unavailable("network")
      return { active: true, jti: "j", grant_id: "g" } as const
    }
    const { cache, verify, clock, revocations } = cacheInFront(ask, { staleIfErrorSeconds: 30 })
    await verify("other")
    revocations.add({ kind: "grant", grantId: "g" })
    await verify("T")
    down = true
    clock.advance(61)
    expect(cache.findStale("T")).toBeUndefined()
  })

  it("times that outlive the memory of revocations are refused at the beginning", () => {
    expect(() => cacheInFront(answerActive, { positiveSeconds: 240, staleIfErrorSeconds: 61 })).toThrow(RangeError)
    expect(() => cacheInFront(answerActive, { positiveSeconds: Number.NaN })).toThrow(RangeError)
    expect(() => createRecentRevocations({ uptime: () => 1, memorySeconds: 0 })).toThrow(RangeError)
  })
})
