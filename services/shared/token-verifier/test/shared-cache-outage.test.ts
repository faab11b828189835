/** Redis dead, mute or full: nobody goes without an answer. */
import { describe, expect, it, onTestFinished } from "vitest"
import type { SharedCacheConnection } from "../src/options.ts"
import { quietFeed, shareRedis, startSetting } from "./replicas.ts"

const valid = expect.objectContaining({ outcome: "valid" })
const shared = shareRedis()

describe("OAuth answers that replicas share, when Redis fails", () => {
  it("a Redis that is gone costs nobody an answer: one line begins the outage, one ends it", async () => {
    const { server, clock, lines, startReplica } = await startSetting(shared)
    const verifier = await startReplica({ revocations: quietFeed })
    await shared.server().kill()
    for (let i = 0; i < 50; i++) {
      expect(await verifier.verifyToken(`t${i}`)).toEqual(valid)
      clock.advance(0.1)
    }
    expect(server.calls).toHaveLength(50)
    await shared.server().restart()
    const askOn = async () => {
      clock.advance(1)
      expect(await verifier.verifyToken(`u${clock.now()}`)).toEqual(valid)
      return lines
    }
    await expect
      .poll(askOn, { timeout: 5000 })
      .toEqual([
        "the shared cache of tokens cannot be read: done without",
        "the shared cache of tokens cannot be read: over",
      ])
  })

  it("a Redis that stands still is asked by one question a second, and nobody waits for it for long", async () => {
    const { clock, lines, startReplica } = await startSetting(shared)
    const redis = shared.connect()
    let reads = 0
    const counting: SharedCacheConnection = {
      getBuffer(key) {
        reads++
        return redis.getBuffer(key)
      },
      set: (...args) => redis.set(...args),
    }
    const verifier = await startReplica({ revocations: quietFeed, redis: counting })
    shared.server().pause()
    onTestFinished(() => shared.server().resume())
    const ask = async (name: string) => {
      const began = performance.now()
      const tokens = Array.from({ length: 20 }, (_, i) => `${name}${i}`)
      const answers = await Promise.all(tokens.map((token) => verifier.verifyToken(token)))
      expect(answers.every(({ outcome }) => outcome === "valid")).toBe(true)
      expect(performance.now() - began).toBeLessThan(1500)
    }
    await ask("a")
    expect(reads).toBe(20) // at once, before anybody knew
    await ask("b")
    expect(reads).toBe(20)
    clock.advance(1.1)
    await ask("c")
    expect(reads).toBe(21)
    expect(lines).toHaveLength(1)
  })

  it("D9 a Redis that is full is still read, and the log says once that it is not written", async () => {
    const { server, lines, startReplica, startFirst } = await startSetting(shared)
    await startFirst()
    const redis = shared.connect()
    await redis.config("SET", "maxmemory", "1")
    onTestFinished(async () => void (await shared.connect().config("SET", "maxmemory", "0")))
    const second = await startReplica()
    for (const token of ["U", "V", "W", "T"]) expect(await second.verifyToken(token)).toEqual(valid)
    expect(server.calls).toHaveLength(4)
    await expect.poll(() => lines).toEqual(["the shared cache of tokens cannot be written: done without"])
  })
})
