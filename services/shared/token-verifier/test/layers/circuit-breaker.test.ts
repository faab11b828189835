/** When the circuit opens, who may probe, and when it closes again. */
import { manualClock } from "@gatehouse/test-kit"
import { describe, expect, it } from "vitest"
import { INACTIVE } from "../../src/introspection.ts"
import { type CircuitBounds, createCircuitBreaker, type Outcome } from "../../src/layers/circuit-breaker.ts"
import { withCircuitBreaker } from "../../src/layers/with-circuit-breaker.ts"
import { Unavailable } from "../../src/unavailable.ts"
import type { UnavailableReason } from "../../src/validation.ts"
import { ACTIVE, deafHang, hang, patient, type Step, scriptedAsk } from "./scripted-ask.ts"

/** A breaker without chance, its clock, its log, and what tells it of outcomes. */
function startBreaker({ chance = 0, bounds = {} }: { chance?: number; bounds?: Partial<CircuitBounds> } = {}) {
  const clock = manualClock()
  const lines: string[] = []
  const write = (level: string) => (_: object, message: string) => void lines.push(`${level} ${message}`)
  const log = { info: write("info"), warn: write("warn"), error: write("error") }
  const breaker = createCircuitBreaker({ uptime: clock.now, log, bounds, random: () => chance })
  const tell = (...outcomes: Outcome[]) => {
    for (const outcome of outcomes) breaker.begin()(outcome)
  }
  const open = () => tell("failure", "failure", "failure", "failure", "failure")
  return { clock, lines, breaker, tell, open }
}

const refusal = (retryAfterSeconds: number) =>
  expect.objectContaining({ name: "Unavailable", reason: "circuit_open", retryAfterSeconds })

describe("OAuth introspection circuit", () => {
  it("opens when half of at least five outcomes are failures, and not before", () => {
    const { breaker, tell } = startBreaker()
    tell("success", "failure", "failure", "failure")
    expect(breaker.state()).toBe("closed")
    tell("success")
    expect(breaker.state()).toBe("open")
  })

  it("stays closed while more questions succeed than fail", () => {
    const { breaker, tell } = startBreaker()
    for (let i = 0; i < 40; i++) tell("success", "success", "failure")
    expect(breaker.state()).toBe("closed")
  })

  it("forgets what ended more than ten seconds ago", () => {
    const { breaker, clock, tell } = startBreaker()
    tell("failure", "failure", "failure", "failure")
    clock.advance(10)
    tell("failure")
    expect(breaker.state()).toBe("closed")
  })

  it("opens soon after a busy time: only the last 50 outcomes count", () => {
    const { breaker, tell } = startBreaker()
    for (let i = 0; i < 1000; i++) tell("success")
    for (let i = 0; i < 24; i++) tell("failure")
    expect(breaker.state()).toBe("closed")
    tell("failure")
    expect(breaker.state()).toBe("open")
  })

  it("is not moved by what decides nothing", () => {
    const { breaker, tell } = startBreaker()
    for (let i = 0; i < 100; i++) tell("undecided", "cut_off")
    tell("failure", "failure", "failure", "failure")
    expect(breaker.state()).toBe("closed")
  })

  it("refuses with the time until the next probe, at least a second", () => {
    const { breaker, clock, open } = startBreaker()
    open()
    expect(breaker.begin).toThrow(refusal(5))
    clock.advance(3.5)
    expect(breaker.begin).toThrow(refusal(2))
    clock.advance(1.4)
    expect(breaker.begin).toThrow(refusal(1))
    expect(breaker.secondsUntilNext()).toBeCloseTo(0.1)
  })

  it("lets one question probe, and closes when it succeeds", () => {
    const { breaker, clock, open, lines } = startBreaker()
    open()
    clock.advance(5)
    expect([breaker.state(), breaker.secondsUntilNext()]).toEqual(["open", 0])
    const end = breaker.begin()
    expect(breaker.state()).toBe("half_open")
    expect(breaker.begin).toThrow(refusal(1))
    end("success")
    expect(breaker.state()).toBe("closed")
    breaker.begin()("success")
    expect(lines).toEqual([expect.stringMatching(/^warn .*opens/), expect.stringMatching(/^info .*closes/)])
  })

  it("waits twice as long after each probe that fails, up to 30 s, and is told so once", () => {
    const { breaker, clock, open, lines, tell } = startBreaker()
    open()
    for (const seconds of [5, 10, 20, 30, 30]) {
      expect(breaker.secondsUntilNext()).toBeCloseTo(seconds)
      clock.advance(seconds)
      tell("failure")
    }
    clock.advance(30)
    tell("success")
    open()
    expect(breaker.secondsUntilNext()).toBe(5)
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["warn", "info", "warn"])
  })

  it("probes up to a fifth sooner by chance", () => {
    const { breaker, open } = startBreaker({ chance: 1 })
    open()
    expect(breaker.secondsUntilNext()).toBe(4)
  })

  it("hears nothing of questions that were asked before it opened", () => {
    const { breaker, clock, open, tell } = startBreaker()
    const [early, late, later] = [breaker.begin(), breaker.begin(), breaker.begin()]
    open()
    early("success")
    expect(breaker.state()).toBe("open")
    clock.advance(5)
    const probe = breaker.begin()
    late("failure")
    expect(breaker.state()).toBe("half_open")
    probe("success")
    tell("failure", "failure", "failure", "failure")
    later("failure")
    expect(breaker.state()).toBe("closed")
  })

  it("lets the next question probe when one ended without a word about the server", () => {
    const { breaker, clock, open, tell } = startBreaker()
    open()
    clock.advance(5)
    tell("undecided")
    expect([breaker.state(), breaker.secondsUntilNext()]).toEqual(["open", 0])
    tell("cut_off")
    expect([breaker.state(), breaker.secondsUntilNext()]).toEqual(["open", 0])
    const end = breaker.begin()
    clock.advance(2)
    end("cut_off") // the server had its time
    expect([breaker.state(), breaker.secondsUntilNext()]).toEqual(["open", 10])
  })

  it("knows since when nobody asked; a refusal is no question", () => {
    const { breaker, clock, open, tell } = startBreaker()
    clock.advance(7)
    expect(breaker.idleSeconds()).toBe(7)
    tell("success")
    expect(breaker.idleSeconds()).toBe(0)
    clock.advance(10)
    open()
    clock.advance(3)
    expect(breaker.begin).toThrow(refusal(2))
    expect(breaker.idleSeconds()).toBe(3)
  })
})

describe("OAuth introspection through the circuit", () => {
  const fiveTimes = async (step: Step) => {
    const started = startBreaker()
    const script = scriptedAsk(step)
    const ask = withCircuitBreaker(started.breaker, script.ask)
    for (let i = 0; i < 5; i++) await ask("T", patient()).catch(() => {})
    return { ...started, script, ask }
  }

  it.each<UnavailableReason>(["network", "refused", "timeout", "bad_response", "keys_unavailable"])(
    "%s opens it",
    async (reason) => {
      const { breaker, ask, script } = await fiveTimes(new Unavailable(reason))
      expect(breaker.state()).toBe("open")
      const before = performance.now()
      for (let i = 0; i < 100; i++) await expect(ask("T", patient())).rejects.toEqual(refusal(5))
      expect(performance.now() - before).toBeLessThan(100 * 10)
      expect(script.calls).toHaveLength(5)
    },
  )

  it.each<[string, Step]>([
    ["rate_limited", new Unavailable("rate_limited")],
    ["credentials_rejected", new Unavailable("credentials_rejected")],
    ["overloaded", new Unavailable("overloaded")],
    ["a fault of our own", new TypeError("ours")],
    ["an active token", ACTIVE],
    ["an inactive token", INACTIVE],
  ])("%s does not", async (_, step) => {
    const { breaker } = await fiveTimes(step)
    expect(breaker.state()).toBe("closed")
  })

  it("a caller that hangs up counts for nothing, also when what it asked never ends", async () => {
    const { breaker, clock } = startBreaker()
    for (let i = 0; i < 10; i++) {
      const caller = new AbortController()
      const answer = withCircuitBreaker(breaker, deafHang)("T", caller.signal)
      clock.advance(10)
      caller.abort(new Error("hung up"))
      await expect(answer).rejects.toThrow("hung up")
    }
    expect(breaker.state()).toBe("closed")
  })

  it.each([
    ["our own deadline", new Unavailable("timeout"), 2, "open"],
    ["a platform deadline", new DOMException("too late", "TimeoutError"), 2, "open"],
    ["our own deadline, too soon to say anything,", new Unavailable("timeout"), 1.9, "closed"],
  ])("%s after %d s: %s", async (_, reason, seconds, state) => {
    const { breaker, clock } = startBreaker()
    const deadline = new AbortController()
    const answers = Array.from({ length: 5 }, () => withCircuitBreaker(breaker, hang)("T", deadline.signal))
    clock.advance(seconds as number)
    deadline.abort(reason)
    await Promise.allSettled(answers)
    expect(breaker.state()).toBe(state)
  })

  it("a probe whose caller hangs up leaves the circuit ready for the next", async () => {
    const { breaker, clock, open } = startBreaker()
    open()
    clock.advance(5)
    const caller = new AbortController()
    const probe = withCircuitBreaker(breaker, deafHang)("T", caller.signal)
    await expect(withCircuitBreaker(breaker, scriptedAsk(ACTIVE).ask)("T", patient())).rejects.toEqual(refusal(1))
    caller.abort(new Error("hung up"))
    await expect(probe).rejects.toThrow("hung up")
    expect(await withCircuitBreaker(breaker, scriptedAsk(ACTIVE).ask)("T", patient())).toBe(ACTIVE)
    expect(breaker.state()).toBe("closed")
  })

  it("a caller that has hung up already asks nothing and probes nothing", async () => {
    const { breaker, clock, open } = startBreaker()
    open()
    clock.advance(5)
    const script = scriptedAsk(ACTIVE)
    await expect(withCircuitBreaker(breaker, script.ask)("T", AbortSignal.abort(new Error("gone")))).rejects.toThrow(
      "gone",
    )
    expect([breaker.state(), script.calls.length]).toEqual(["open", 0])
  })

  it("of 100 at once, one probes", async () => {
    const { breaker, clock, open } = startBreaker()
    open()
    clock.advance(5)
    const script = scriptedAsk(async () => {
      await new Promise(setImmediate)
      return ACTIVE
    })
    const ask = withCircuitBreaker(breaker, script.ask)
    const answers = await Promise.allSettled(Array.from({ length: 100 }, () => ask("T", patient())))
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
    expect(script.calls).toHaveLength(1)
  })
})
