/** How many ask one authorization server at once, who waits, and who is refused. */
import { describe, expect, it } from "vitest"
import type { Introspect } from "../../src/introspection.ts"
import { createConcurrencyLimit, withConcurrencyLimit } from "../../src/layers/with-concurrency-limit.ts"
import { ACTIVE, patient } from "./scripted-ask.ts"

/** Answers one question after the other, when told to. */
function startServer(bounds: { maxConcurrent: number; maxQueued: number }) {
  const limit = createConcurrencyLimit(bounds)
  const asked: string[] = []
  const open = new Map<string, { answer: () => void; fail: () => void }>()
  const server: Introspect = (token) => {
    asked.push(token)
    return new Promise((resolve, reject) => {
      open.set(token, { answer: () => resolve(ACTIVE), fail: () => reject(new Error("failed")) })
    })
  }
  const limited = withConcurrencyLimit(limit, server)
  const settled = () => new Promise(setImmediate)
  return {
    limit,
    asked,
    ask: (token: string, signal = patient()) => limited(token, signal),
    async answer(token: string) {
      await settled()
      open.get(token)?.answer()
      await settled()
    },
    async fail(token: string) {
      await settled()
      open.get(token)?.fail()
      await settled()
    },
    numbers: () => [limit.inFlight(), limit.queued()],
  }
}

describe("OAuth introspection: a limit on concurrency", () => {
  it("lets so many ask, so many wait in order, and refuses the rest at once", async () => {
    const { ask, answer, asked, numbers } = startServer({ maxConcurrent: 2, maxQueued: 2 })
    const answers = ["a", "b", "c", "d"].map((token) => ask(token))
    await expect(ask("e")).rejects.toMatchObject({ reason: "overloaded", retryAfterSeconds: 1 })
    expect(numbers()).toEqual([2, 2])
    expect(asked).toEqual(["a", "b"])
    await answer("b")
    expect(asked).toEqual(["a", "b", "c"])
    expect(numbers()).toEqual([2, 1])
    for (const token of ["a", "c", "d"]) await answer(token)
    expect(asked).toEqual(["a", "b", "c", "d"])
    expect(await Promise.all(answers)).toEqual([ACTIVE, ACTIVE, ACTIVE, ACTIVE])
    expect(numbers()).toEqual([0, 0])
  })

  it("gives the place of one that failed to the next", async () => {
    const { ask, fail, answer, numbers } = startServer({ maxConcurrent: 1, maxQueued: 1 })
    const [first, second] = [ask("a"), ask("b")]
    await Promise.all([expect(first).rejects.toThrow("failed"), fail("a")])
    expect(numbers()).toEqual([1, 0])
    await answer("b")
    expect(await second).toBe(ACTIVE)
    expect(numbers()).toEqual([0, 0])
  })

  it("one that hangs up while it waits leaves its place to others, and is never asked for", async () => {
    const { ask, answer, asked, numbers } = startServer({ maxConcurrent: 1, maxQueued: 2 })
    const caller = new AbortController()
    const answers = [ask("a"), ask("b", caller.signal), ask("c")]
    caller.abort(new Error("hung up"))
    await expect(answers[1]).rejects.toThrow("hung up")
    expect(numbers()).toEqual([1, 1])
    answers.push(ask("d"))
    for (const token of ["a", "c", "d"]) await answer(token)
    expect(asked).toEqual(["a", "c", "d"])
    expect(numbers()).toEqual([0, 0])
  })

  it("one that hangs up just as its turn comes passes the place on", async () => {
    const { ask, answer, numbers } = startServer({ maxConcurrent: 1, maxQueued: 2 })
    const caller = new AbortController()
    const first = ask("a")
    const second = ask("b", caller.signal)
    const third = ask("c")
    void first.then(() => caller.abort(new Error("hung up")))
    for (const token of ["a", "b", "c"]) await answer(token)
    await Promise.allSettled([second])
    expect(await third).toBe(ACTIVE)
    expect(numbers()).toEqual([0, 0])
  })

  it("one that has hung up already takes no place", async () => {
    const { ask, numbers } = startServer({ maxConcurrent: 1, maxQueued: 0 })
    await expect(ask("a", AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone")
    expect(numbers()).toEqual([0, 0])
  })

  it("10,000 at once cost no more than they ask for", async () => {
    const limit = createConcurrencyLimit({ maxConcurrent: 10, maxQueued: 10_000 })
    let most = 0
    const ask = withConcurrencyLimit(limit, async () => {
      most = Math.max(most, limit.inFlight())
      await null
      return ACTIVE
    })
    await Promise.all(Array.from({ length: 10_000 }, () => ask("T", patient())))
    expect([most, limit.inFlight(), limit.queued()]).toEqual([10, 0, 0])
  })
})
