/** Which failures are asked about again, how soon, and when asking again is given up. */
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest"
import { createHttpClient } from "../../src/http/http-client.ts"
import { readIntrospection } from "../../src/introspection.ts"
import { withRetry } from "../../src/layers/with-retry.ts"
import { withTimeout } from "../../src/layers/with-timeout.ts"
import { httpIntrospection } from "../../src/strategies/http-introspection.ts"
import { Unavailable } from "../../src/unavailable.ts"
import { type Behaviour, cut, json, startAuthorizationServer, status, text } from "../authorization-server.ts"
import { ACTIVE, hang, patient, type ScriptedAsk, scriptedAsk } from "./scripted-ask.ts"

const retries = 2
const gapsOf = ({ calls }: ScriptedAsk) => calls.slice(1).map((at, i) => at - (calls[i] ?? 0))
const network = new Unavailable("network")

describe("OAuth introspection: asking again", () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it("asks at most twice more, and fails with what it met last", async () => {
    const script = scriptedAsk(network, network, new Unavailable("refused"))
    const answer = withRetry({ retries }, script.ask)("T", patient())
    await Promise.all([expect(answer).rejects.toMatchObject({ reason: "refused" }), vi.runAllTimersAsync()])
    expect(script.calls).toHaveLength(3)
  })

  it("answers with the first answer it gets", async () => {
    const script = scriptedAsk(network, new Unavailable("timeout"), ACTIVE)
    const answer = withRetry({ retries }, script.ask)("T", patient())
    await vi.runAllTimersAsync()
    expect(await answer).toBe(ACTIVE)
  })

  it.each([
    [0, [0, 0]],
    [0.5, [50, 100]],
    [0.99, [99, 198]],
  ])("waits with full jitter: by chance %d, %j ms", async (chance, gaps) => {
    const script = scriptedAsk(network)
    const answer = withRetry({ retries, random: () => chance }, script.ask)("T", patient())
    await Promise.all([expect(answer).rejects.toBe(network), vi.runAllTimersAsync()])
    expect(gapsOf(script)).toEqual(gaps)
  })

  it.each([
    new Unavailable("credentials_rejected"),
    new Unavailable("bad_response"),
    new Unavailable("circuit_open"),
    new Unavailable("overloaded"),
    new Unavailable("keys_unavailable"),
    new Error("a fault of our own"),
    new TypeError("a fault of our own"),
  ])("does not ask again after %s", async (error) => {
    const script = scriptedAsk(error, ACTIVE)
    await expect(withRetry({ retries }, script.ask)("T", patient())).rejects.toBe(error)
    expect(script.calls).toHaveLength(1)
  })

  it("G5 waits at least for as long as the server asked to", async () => {
    const limited = new Unavailable("rate_limited", { retryAfterSeconds: 1 })
    const faulty = new Unavailable("bad_response", { retryable: true, retryAfterSeconds: 2 })
    const script = scriptedAsk(limited, faulty, ACTIVE)
    const answer = withTimeout(5000, withRetry({ retries, random: () => 0.5 }, script.ask))("T", patient())
    await vi.advanceTimersByTimeAsync(4000)
    expect(await answer).toBe(ACTIVE)
    expect(gapsOf(script)).toEqual([1050, 2100])
  })

  it("G5 does not begin a pause that would outlast the budget: it fails at once, with the server's Retry-After", async () => {
    const script = scriptedAsk(async () => {
      await vi.advanceTimersByTimeAsync(3500)
      throw new Unavailable("rate_limited", { retryAfterSeconds: 2 })
    })
    const before = performance.now()
    const answer = withTimeout(5000, withRetry({ retries }, script.ask))("T", patient())
    await expect(answer).rejects.toMatchObject({ reason: "rate_limited", retryAfterSeconds: 2 })
    expect(performance.now() - before).toBe(3500)
    expect(script.calls).toHaveLength(1)
  })

  it("G5 asks again soon after a 429 that names no time", async () => {
    const script = scriptedAsk(new Unavailable("rate_limited"), ACTIVE)
    const answer = withRetry({ retries, random: () => 1 }, script.ask)("T", patient())
    await vi.advanceTimersByTimeAsync(100)
    expect(await answer).toBe(ACTIVE)
  })

  it("ends at once when the caller hangs up: while waiting, while asking, and before", async () => {
    for (const step of [new Unavailable("rate_limited", { retryAfterSeconds: 60 }), hang]) {
      const caller = new AbortController()
      const script = scriptedAsk(step)
      const answer = withRetry({ retries }, script.ask)("T", caller.signal)
      await vi.advanceTimersByTimeAsync(10)
      caller.abort(new Error("hung up"))
      await expect(answer).rejects.toThrow("hung up")
      expect(vi.getTimerCount()).toBe(0)
      expect(script.calls).toHaveLength(1)
      await expect(withRetry({ retries }, script.ask)("T", caller.signal)).rejects.toThrow("hung up")
      expect(script.calls).toHaveLength(1)
    }
  })

  it("G2 stays within the time for all tries", async () => {
    const script = scriptedAsk(hang)
    const stack = withTimeout(5000, withRetry({ retries, random: () => 1 }, withTimeout(2000, script.ask)))
    const before = performance.now()
    const answer = stack("T", patient())
    await Promise.all([expect(answer).rejects.toMatchObject({ reason: "timeout" }), vi.runAllTimersAsync()])
    expect(performance.now() - before).toBe(5000)
    expect(gapsOf(script)).toEqual([2100, 2200])
  })
})

describe("OAuth introspection: asking again over HTTP", () => {
  it.each<[string, Behaviour, number, string]>([
    ["a 500", status(500), 3, "bad_response"],
    ["a 503", status(503), 3, "bad_response"],
    ["a 429", status(429), 3, "rate_limited"],
    ["a connection that is cut", cut, 3, "network"],
    ["a 200 that is no JSON", text("<html>"), 1, "bad_response"],
    ["a 200 without active", json({}), 1, "bad_response"],
    ["a 400", status(400), 1, "bad_response"],
    ["a 401", status(401), 1, "credentials_rejected"],
    ["a 403", status(403), 1, "credentials_rejected"],
    ["a 404", status(404), 1, "bad_response"],
    ["a 302", status(302, { location: "/elsewhere" }), 1, "bad_response"],
  ])("%s costs %i requests", async (_, behaviour, requests, reason) => {
    const server = await startAuthorizationServer()
    server.behaviour = behaviour
    const client = createHttpClient({ timeoutMs: 2000 })
    onTestFinished(async () => {
      await client.close()
      await server.close()
    })
    const once = httpIntrospection({
      client,
      endpoint: () => server.endpoint,
      credentials: { method: "none" },
      issuer: () => server.issuer,
      signed: false,
      now: () => 0,
      read: readIntrospection,
    })
    const answer = withTimeout(5000, withRetry({ retries, random: () => 0 }, once))("T", patient())
    await expect(answer).rejects.toMatchObject({ reason })
    expect(server.calls).toHaveLength(requests)
  })
})
