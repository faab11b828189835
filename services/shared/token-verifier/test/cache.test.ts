/** What is remembered, for how long, and for whom. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "vitest"
import { createLocalCache } from "../src/cache/local-cache.ts"
import { createRecentRevocations } from "../src/revocation/recent-revocations.ts"
import { json, silence, startAuthorizationServer } from "./authorization-server.ts"
import { activeToken, healthOf, START, startVerifier } from "./setting.ts"

const valid = expect.objectContaining({ outcome: "valid" })

/** What is in use: garbage is collected first. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc")
  runInNewContext("gc")()
  return process.memoryUsage().heapUsed
}

describe("OAuth token verifier: the cache", () => {
  it("asks once a minute about an active token", async () => {
    const { server, verifier, clock } = await startVerifier()
    await verifier.verifyToken("T")
    clock.advance(59)
    await verifier.verifyToken("T")
    expect(server.calls).toHaveLength(1)
    clock.advance(2)
    await verifier.verifyToken("T")
    expect(server.calls).toHaveLength(2)
  })

  it("K1 keeps nothing past exp: a token with 5 s left is refused at t+6 s", async () => {
    const { server, verifier, clock } = await startVerifier()
    server.behaviour = json(activeToken(server.issuer, { exp: START + 5 }))
    expect(await verifier.verifyToken("T")).toEqual(valid)
    clock.advance(6)
    server.behaviour = json({ active: false })
    expect(await verifier.verifyToken("T")).toEqual({ outcome: "invalid", reason: "inactive" })
  })

  it("K2 does not keep a token whose exp is over or 0", async () => {
    const { server, verifier } = await startVerifier()
    server.behaviour = json(activeToken(server.issuer, { exp: START - 1 }))
    await verifier.verifyToken("T")
    server.behaviour = json(activeToken(server.issuer, { exp: 0 }))
    await verifier.verifyToken("U")
    expect(healthOf(verifier)).toMatchObject({ cached: { positive: 0 } })
  })

  it("K6 believes a token that was not yet known within the negative time, and asks no more often", async () => {
    const { server, verifier, clock } = await startVerifier()
    const answer = json(activeToken(server.issuer))
    server.behaviour = json({ active: false })
    await verifier.verifyToken("T")
    server.behaviour = answer
    clock.advance(4)
    expect(await verifier.verifyToken("T")).toEqual({ outcome: "invalid", reason: "inactive" })
    expect(server.calls).toHaveLength(1)
    clock.advance(2)
    expect(await verifier.verifyToken("T")).toEqual(valid)
  })

  it("K5 a flood of garbage stays within its bound and drives out no good token", async () => {
    const { server, verifier } = await startVerifier({ cache: { maxPositive: 100, maxNegative: 50 } })
    await verifier.verifyToken("good")
    server.behaviour = json({ active: false })
    for (let i = 0; i < 40; i++)
      await Promise.all(Array.from({ length: 50 }, (_, j) => verifier.verifyToken(`garbage-${i}-${j}`)))
    expect(healthOf(verifier)).toMatchObject({ cached: { positive: 1, negative: 50 } })
    const before = server.calls.length
    expect(await verifier.verifyToken("good")).toEqual(valid)
    expect(server.calls).toHaveLength(before)
  })

  it("K5 a million garbage tokens take no more memory than ten thousand", () => {
    const uptime = () => 1
    const bounds = { positiveSeconds: 60, negativeSeconds: 5, maxPositive: 1000, maxNegative: 10_000 }
    const cache = createLocalCache({
      now: () => START,
      uptime,
      revocations: createRecentRevocations({ uptime }),
      ...bounds,
    })
    const remember = (from: number, to: number) => {
      for (let i = from; i < to; i++) cache.save(`garbage-${i}`, { active: false }, cache.mark())
    }
    for (let i = 0; i < 1000; i++) cache.save(`good-${i}`, { active: true, sub: `s${i}` }, cache.mark())
    remember(0, 100_000)
    const before = heapBytes()
    remember(100_000, 1_000_000)
    expect(cache.size()).toEqual({ positive: 1000, negative: 10_000 })
    expect(cache.find("good-0")).toMatchObject({ sub: "s0" })
    expect(heapBytes() - before).toBeLessThan(5e6)
  })

  it("K6 an older no does not come back when a newer yes becomes doubtful", () => {
    const uptime = () => 1
    const revocations = createRecentRevocations({ uptime })
    const bounds = { positiveSeconds: 60, negativeSeconds: 50, maxPositive: 10, maxNegative: 10 }
    const cache = createLocalCache({ now: () => START, uptime, revocations, ...bounds })
    cache.save("T", { active: false }, cache.mark())
    cache.save("T", { active: true, sub: "alice" }, cache.mark())
    expect(cache.find("T")).toMatchObject({ active: true })
    revocations.add({ kind: "subject", subject: "alice" })
    for (let i = 0; i < 2; i++) expect(cache.find("T")).toBeUndefined()
  })

  it("K16 a wall clock that is set back by an hour keeps no entry longer", () => {
    let wall = START
    let uptime = 100
    const cache = createLocalCache({
      now: () => wall,
      uptime: () => uptime,
      revocations: createRecentRevocations({ uptime: () => uptime }),
      positiveSeconds: 60,
      negativeSeconds: 5,
      maxPositive: 10,
      maxNegative: 10,
    })
    cache.save("T", { active: true, exp: START + 30 }, cache.mark())
    wall -= 3600
    uptime += 29
    expect(cache.find("T")).toBeDefined()
    uptime += 2
    expect(cache.find("T")).toBeUndefined()
    cache.save("U", { active: true, exp: START + 30 }, cache.mark())
    wall = START + 30
    expect(cache.find("U")).toBeUndefined()
  })

  it("U8 judges the audience after the cache: what one resource server accepts, another refuses", async () => {
    const server = await startAuthorizationServer()
    server.behaviour = json(activeToken(server.issuer))
    const { verifier: ours } = await startVerifier({ server })
    const { verifier: other } = await startVerifier({ server, audience: "https://other.test/mcp" })
    expect(await ours.verifyToken("T")).toEqual(valid)
    for (let i = 0; i < 2; i++)
      expect(await other.verifyToken("T")).toEqual({ outcome: "invalid", reason: "wrong_audience" })
    expect(healthOf(other)).toMatchObject({ cached: { positive: 1 } })
  })

  it("J7 knows a JWT under one name, however its signature's spare bits are written", async () => {
    const { tokenKey } = await import("../src/cache/token-key.ts")
    const signature = Buffer.alloc(64, 7).toString("base64url")
    const jwt = (last: string) => `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.${signature.slice(0, -1)}${last}`
    expect(signature.at(-1)).toBe("w")
    expect(new Set(["w", "x", "y", "z", "0", "5", "_"].map((last) => tokenKey(jwt(last)))).size).toBe(1)
    expect(tokenKey(jwt("A"))).not.toBe(tokenKey(jwt("w")))
    // Three parts do not make a JWT: these are two opaque tokens.
    expect(tokenKey("a.b.cw")).not.toBe(tokenKey("a.b.cx"))
    expect(tokenKey("secret")).not.toContain("secret")
  })
})

describe("OAuth token verifier: one call for all who ask at once", () => {
  it("1,000 concurrent requests with one cold token cost exactly one call", async () => {
    const { server, verifier } = await startVerifier()
    const answers = await Promise.all(Array.from({ length: 1000 }, () => verifier.verifyToken("T")))
    expect(answers.every(({ outcome }) => outcome === "valid")).toBe(true)
    expect(server.calls).toHaveLength(1)
  })

  it("K8 the first of 200 hangs up: the other 199 get their answer, from the same call", async () => {
    const { server, verifier } = await startVerifier()
    let release = () => {}
    server.behaviour = ({ response }) => {
      release = () => void json(activeToken(server.issuer))({ response } as never)
    }
    const first = new AbortController()
    const leader = verifier.verifyToken("T", first.signal)
    const others = Array.from({ length: 199 }, () => verifier.verifyToken("T"))
    await expect.poll(() => server.calls.length).toBe(1)
    first.abort(new Error("hung up"))
    await expect(leader).rejects.toThrow("hung up")
    release()
    expect((await Promise.all(others)).every(({ outcome }) => outcome === "valid")).toBe(true)
    expect(server.calls).toHaveLength(1)
  })

  it("K8 all hang up: the answer still comes, and is remembered", async () => {
    const { server, verifier } = await startVerifier()
    const controller = new AbortController()
    const leader = verifier.verifyToken("T", controller.signal)
    controller.abort(new Error("hung up"))
    await expect(leader).rejects.toThrow("hung up")
    await expect.poll(() => healthOf(verifier)).toMatchObject({ cached: { positive: 1 } })
    expect(await verifier.verifyToken("T")).toEqual(valid)
    expect(server.calls).toHaveLength(1)
  })

  it("K9 a failure is shared by those who wait, and not remembered", async () => {
    const { server, verifier } = await startVerifier({ limits: { perTryTimeoutMs: 100 } })
    server.behaviour = silence
    const answers = await Promise.all(Array.from({ length: 100 }, () => verifier.verifyToken("T")))
    expect(answers.every((answer) => answer.outcome === "unavailable" && answer.reason === "timeout")).toBe(true)
    expect(server.calls).toHaveLength(1)
    expect(healthOf(verifier)).toMatchObject({ cached: { positive: 0, negative: 0 } })
    server.behaviour = json(activeToken(server.issuer))
    expect(await verifier.verifyToken("T")).toEqual(valid)
  })

  it("calls about different tokens do not wait for each other", async () => {
    const { server, verifier } = await startVerifier()
    const answer = json(activeToken(server.issuer))
    let release = () => {}
    server.behaviour = (exchange) => {
      if (exchange.form.get("token") !== "slow") return answer(exchange)
      release = () => void answer(exchange)
    }
    const slow = verifier.verifyToken("slow")
    await expect.poll(() => server.calls.length).toBe(1)
    expect(await verifier.verifyToken("quick")).toEqual(valid)
    release()
    expect(await slow).toEqual(valid)
  })
})
