/** The signing keys of an authorization server: when they are read, and what floods and outages do to them. */
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { Unavailable } from "../src/unavailable.ts"
import { type Behaviour, cut, json, silence, startAuthorizationServer, status, text } from "./authorization-server.ts"
import { JWKS, never, published, START, startKeySet } from "./key-setting.ts"
import { makeKey, randomKid } from "./signing-key.ts"

const DAY = 86_400
const a = makeKey({ kid: "a", alg: "ES256", use: "sig" })
const b = makeKey({ kid: "b", alg: "ES256", use: "sig" })

const unusable: [string, Behaviour][] = [
  ["an empty set", json({ keys: [] })],
  ["no set", json({ keys: "a" })],
  ["null", json(null)],
  ["HTML", text("<html>")],
  ["a set of secrets", json({ keys: [{ kty: "oct", kid: "a", k: "c2VjcmV0" }] })],
  ["302", status(302, { location: "/elsewhere" })],
  ["404", status(404)],
  ["429", status(429)],
  ["500", status(500)],
  ["10 MB", ({ response }) => void response.end(`{"keys":[],"x":"${"x".repeat(10 * 1024 * 1024)}"}`)],
  ["a hang-up", cut],
]

describe("reading keys", () => {
  it("costs nothing but the first reading for known keys, however old they are within the day", async () => {
    const { clock, keys, find, fetches } = await startKeySet(published(a, b))
    await keys.refresh(never)
    for (let hour = 0; hour < 24; hour++) {
      expect((await find("a"))?.jwk["x"]).toBe(a.jwk.x)
      clock.advance(3599)
    }
    expect(fetches()).toBe(1)
    expect(keys.health()).toEqual({ keys: 2, readAt: START, lastError: null })
  })

  it("happens once for all who ask first, and whoever hangs up only stops waiting", async () => {
    const { server, publish, find, fetches } = await startKeySet(silence)
    let answer = () => {}
    publish((exchange) => {
      answer = () => void published(a)(exchange)
    })
    const hangUp = new AbortController()
    const leader = find("a", "ES256", hangUp.signal)
    const others = Array.from({ length: 200 }, () => find("a"))
    await expect.poll(() => server.fetched.length).toBe(1)
    hangUp.abort(new Error("gone"))
    await expect(leader).rejects.toThrow("gone")
    answer()
    expect(await Promise.all(others)).toHaveLength(200)
    expect(await others[0]).toMatchObject({ kid: "a", alg: "ES256" })
    expect(fetches()).toBe(1)
  })

  it("finds a key that was added after start, at once", async () => {
    const { keys, publish, find, fetches } = await startKeySet(published(a))
    await keys.refresh(never)
    publish(published(a, b))
    const found = await Promise.all(Array.from({ length: 50 }, () => find("b")))
    expect(found.every((key) => key?.kid === "b")).toBe(true)
    expect(fetches()).toBe(2)
  })

  it("is not begun for one who has left already", async () => {
    const { keys, publish, find, fetches } = await startKeySet(published(a))
    await keys.refresh(never)
    publish(status(500))
    await find("unknown").catch(() => {})
    await expect(find("b", "ES256", AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone")
    expect(fetches()).toBe(2)
  })

  it("reads once more for a key that a reading, under way when its token came, may have missed", async () => {
    const { server, keys, publish, find, fetches } = await startKeySet(published(a))
    let answer = () => {}
    publish((exchange) => {
      answer = () => void published(a)(exchange)
    })
    const refreshed = keys.refresh(never)
    await expect.poll(() => server.fetched.length).toBe(1)
    publish(published(a, b))
    const found = find("b")
    answer()
    await refreshed
    expect(await found).toMatchObject({ kid: "b" })
    expect(fetches()).toBe(2)
  })

  it("says what it says when it is not known yet where keys are, and does not wait for a cooldown afterwards", async () => {
    let known = false
    const elsewhere = await startAuthorizationServer()
    onTestFinished(() => elsewhere.close())
    elsewhere.documents.set(JWKS, published(a))
    const url = () => {
      if (!known) throw new Unavailable("refused")
      return `${elsewhere.issuer}${JWKS}`
    }
    const { find, keys } = await startKeySet(silence, { url })
    await expect(find("a")).rejects.toMatchObject({ reason: "refused" })
    await expect(keys.refresh(never)).rejects.toMatchObject({ reason: "refused" })
    known = true
    expect(await find("a")).toMatchObject({ kid: "a" })
  })

  it("asks for a JWK set by its media type (RFC 7517 §8.5)", async () => {
    let accept: string | undefined
    const { keys } = await startKeySet((exchange) => {
      accept = exchange.request.headers.accept
      return published(a)(exchange)
    })
    await keys.refresh(never)
    expect(accept).toBe("application/jwk-set+json, application/json")
  })
})

describe("a flood of unknown keys", () => {
  it("W1 causes one fetch a cooldown: 1,000 tokens with random kids, at once and one after the other", async () => {
    const { clock, keys, find, fetches } = await startKeySet(published(a))
    await keys.refresh(never)
    const atOnce = await Promise.all(Array.from({ length: 1000 }, (_, seed) => find(randomKid(seed))))
    expect(atOnce.every((key) => key === undefined)).toBe(true)
    for (let seed = 1000; seed < 2000; seed++) expect(await find(randomKid(seed))).toBeUndefined()
    clock.advance(29)
    expect(await find("unknown")).toBeUndefined()
    expect(fetches()).toBe(2)
    clock.advance(1)
    expect(await find("unknown")).toBeUndefined()
    expect(fetches()).toBe(3)
  })

  it("W2 causes one fetch a cooldown when the fetch fails, too, and nobody is told that the token is bad", async () => {
    const { clock, keys, publish, find, fetches } = await startKeySet(published(a))
    await keys.refresh(never)
    publish(status(500))
    for (let seed = 0; seed < 1000; seed++)
      await expect(find(randomKid(seed))).rejects.toMatchObject({ reason: "keys_unavailable", retryAfterSeconds: 30 })
    expect(fetches()).toBe(2)
    expect(await find("a")).toMatchObject({ kid: "a" })
    clock.advance(12)
    await expect(find("unknown")).rejects.toMatchObject({ reason: "keys_unavailable", retryAfterSeconds: 18 })
    clock.advance(18)
    publish(published(a, b))
    expect(await find("b")).toMatchObject({ kid: "b" })
    expect(await find("unknown")).toBeUndefined()
    expect(fetches()).toBe(3)
  })

  it("W2 causes one fetch a cooldown when no key was ever read", async () => {
    const { clock, publish, find, fetches } = await startKeySet(status(500))
    const asked = await Promise.allSettled(Array.from({ length: 1000 }, () => find("a")))
    expect(asked.every(({ status }) => status === "rejected")).toBe(true)
    await expect(find("a")).rejects.toMatchObject({ reason: "keys_unavailable" })
    expect(fetches()).toBe(1)
    publish(published(a))
    clock.advance(30)
    expect(await find("a")).toMatchObject({ kid: "a" })
  })

  it("waits as long as Retry-After asks, when that is longer", async () => {
    const { clock, find, fetches } = await startKeySet(status(429, { "retry-after": "50" }))
    await expect(find("a")).rejects.toMatchObject({ reason: "keys_unavailable", retryAfterSeconds: 50 })
    clock.advance(49)
    await expect(find("a")).rejects.toMatchObject({ reason: "keys_unavailable", retryAfterSeconds: 1 })
    expect(fetches()).toBe(1)
  })

  it("does not keep start and background from reading", async () => {
    const { keys, publish, find, fetches } = await startKeySet(status(500))
    await expect(find("a")).rejects.toMatchObject({ reason: "keys_unavailable" })
    publish(published(a))
    await keys.refresh(never)
    expect(await find("a")).toMatchObject({ kid: "a" })
    expect(fetches()).toBe(2)
  })
})

describe("an answer that is no key set", () => {
  it.each(unusable)("W4 keeps the last good keys: %s", async (_, behaviour) => {
    const { keys, publish, find } = await startKeySet(published(a))
    await keys.refresh(never)
    publish(behaviour)
    await expect(keys.refresh(never)).rejects.toMatchObject({ name: "Unavailable", reason: "keys_unavailable" })
    expect(await find("a")).toMatchObject({ kid: "a" })
    await expect(find("unknown")).rejects.toMatchObject({ reason: "keys_unavailable" })
    expect(keys.health()).toMatchObject({ keys: 1, readAt: START, lastError: expect.any(String) })
  })

  it.each(unusable)("W4 is no verdict about a token when it is all there ever was: %s", async (_, behaviour) => {
    const { keys, find } = await startKeySet(behaviour)
    await expect(find("a")).rejects.toMatchObject({ reason: "keys_unavailable" })
    expect(keys.health()).toMatchObject({ keys: 0, readAt: null })
  })

  it("W4 keeps the last good keys when the body trickles, and gives up in time", async () => {
    const { keys, publish, find } = await startKeySet(published(a), { timeoutMs: 100 })
    await keys.refresh(never)
    publish(({ response }) => {
      response.write('{"keys":[')
      const drip = setInterval(() => response.write(" "), 20)
      response.on("close", () => clearInterval(drip))
    })
    await expect(keys.refresh(never)).rejects.toMatchObject({ reason: "keys_unavailable" })
    expect(keys.health().lastError).toMatch(/^timeout/)
    expect(await find("a")).toMatchObject({ kid: "a" })
  })

  it("W4 keeps the last good keys for a day, then nobody can tell", async () => {
    const { clock, keys, publish, find } = await startKeySet(published(a))
    await keys.refresh(never)
    publish(status(500))
    clock.advance(DAY - 1)
    expect(await find("a")).toMatchObject({ kid: "a" })
    clock.advance(1)
    await expect(find("a")).rejects.toMatchObject({ reason: "keys_unavailable" })
    await expect(find()).rejects.toMatchObject({ reason: "keys_unavailable" })
    expect(keys.health()).toMatchObject({ keys: 0, readAt: START })
    publish(published(a))
    clock.advance(30)
    expect(await find("a")).toMatchObject({ kid: "a" })
  })

  it("is said once when it begins and once when it ends", async () => {
    const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
    const { keys, publish, find } = await startKeySet(published(a), { log })
    await keys.refresh(never)
    publish(status(500))
    for (let i = 0; i < 3; i++) await keys.refresh(never).catch(() => {})
    await find("unknown").catch(() => {})
    publish(published(a))
    await keys.refresh(never)
    await keys.refresh(never)
    expect(log.warn).toHaveBeenCalledExactlyOnceWith(
      { why: expect.stringMatching(/^bad_response: .*answered 500$/) },
      expect.any(String),
    )
    expect(log.info).toHaveBeenCalledTimes(2)
    expect(keys.health().lastError).toBeNull()
  })
})

describe("a key that was taken out", () => {
  it("W6 is refused from the next reading on", async () => {
    const { keys, publish, find } = await startKeySet(published(a, b))
    await keys.refresh(never)
    publish(published(b))
    expect(await find("a")).toMatchObject({ kid: "a" })
    await keys.refresh(never)
    expect(await find("a")).toBeUndefined()
    expect(await find("b")).toMatchObject({ kid: "b" })
  })

  it("W6 is refused from the reading on that an unknown key causes", async () => {
    const { keys, publish, find } = await startKeySet(published(a))
    await keys.refresh(never)
    publish(published(b))
    expect(await find("b")).toMatchObject({ kid: "b" })
    expect(await find("a")).toBeUndefined()
  })
})
