/** When a question is asked in the background, and when it is not. */
import { manualClock } from "@gatehouse/test-kit"
import { afterEach, describe, expect, it, vi } from "vitest"
import { createCircuitBreaker } from "../../src/layers/circuit-breaker.ts"
import { createProbe } from "../../src/layers/probe.ts"
import { withCircuitBreaker } from "../../src/layers/with-circuit-breaker.ts"
import { Unavailable } from "../../src/unavailable.ts"
import { ACTIVE, hang, type Step, scriptedAsk } from "./scripted-ask.ts"

/** A probe through a circuit, every 30 s; `pass` lets seconds pass one by one. */
function startProbe(...steps: Step[]) {
  const clock = manualClock()
  const script = scriptedAsk(...steps)
  const breaker = createCircuitBreaker({ uptime: clock.now, random: () => 0 })
  const ask = withCircuitBreaker(breaker, script.ask)
  let tick: (() => void) | undefined
  const probe = createProbe({
    ask: (signal) => ask("probe", signal),
    everySeconds: 30,
    breaker,
    everySecond(each) {
      tick = each
      return () => {
        tick = undefined
      }
    },
  })
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      clock.advance(1)
      tick?.()
      await new Promise(setImmediate)
    }
  }
  return { clock, probe, pass, breaker, script, isRunning: () => tick !== undefined }
}

const open = (breaker: ReturnType<typeof createCircuitBreaker>) => {
  for (let i = 0; i < 5; i++) breaker.begin()("failure")
}

describe("OAuth introspection: the background probe", () => {
  afterEach(() => void vi.useRealTimers())

  it("asks every 30 s when nobody else does", async () => {
    const { probe, pass, script } = startProbe(ACTIVE)
    probe.start()
    await pass(29)
    expect(script.calls).toHaveLength(0)
    await pass(1)
    expect(script.calls).toHaveLength(1)
    await pass(90)
    expect(script.calls).toHaveLength(4)
  })

  it("does not ask while others do", async () => {
    const { probe, pass, script, breaker } = startProbe(ACTIVE)
    probe.start()
    for (let i = 0; i < 20; i++) {
      await pass(20)
      breaker.begin()("success")
    }
    expect(script.calls).toHaveLength(0)
  })

  it("closes an open circuit as soon as it may be probed, and survives that it may not be yet", async () => {
    const { probe, pass, breaker, script } = startProbe(new Unavailable("refused"), ACTIVE)
    probe.start()
    open(breaker)
    await pass(4)
    expect(script.calls).toHaveLength(0)
    await pass(1)
    expect([breaker.state(), script.calls.length]).toEqual(["open", 1])
    await pass(9)
    expect(breaker.state()).toBe("open")
    await pass(1)
    expect([breaker.state(), script.calls.length]).toEqual(["closed", 2])
  })

  it("asks no second question before the first is answered", async () => {
    const { probe, pass, script } = startProbe(hang)
    probe.start()
    await pass(300)
    expect(script.calls).toHaveLength(1)
    probe.close()
  })

  it("leaves the probing of an open circuit to a real question that came first", async () => {
    const { probe, pass, script, breaker, clock } = startProbe(ACTIVE)
    probe.start()
    open(breaker)
    clock.advance(5)
    breaker.begin()
    await pass(10)
    expect([breaker.state(), script.calls.length]).toEqual(["half_open", 0])
  })

  it("asks an authority that has no circuit of its own as seldom", async () => {
    let asked = 0
    let tick = () => {}
    const probe = createProbe({
      ask: async () => void asked++,
      everySeconds: 30,
      breaker: { state: () => "closed", secondsUntilNext: () => 0, idleSeconds: () => 1e6 },
      everySecond: (each) => {
        tick = each
        return () => {}
      },
    })
    probe.start()
    for (let i = 0; i < 90; i++) {
      tick()
      await null
    }
    expect(asked).toBe(3)
  })

  it("ends, with the question on its way, and does not begin again", async () => {
    const { probe, pass, breaker, isRunning } = startProbe(hang)
    probe.start()
    open(breaker)
    await pass(5)
    expect(breaker.state()).toBe("half_open")
    probe.close()
    await pass(1)
    expect([breaker.state(), isRunning()]).toEqual(["open", false])
    probe.start()
    expect(isRunning()).toBe(false)
    probe.close()
  })

  it("runs on one timer, which holds no process up and stops with close()", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length
    const breaker = createCircuitBreaker({ uptime: () => performance.now() / 1000 })
    const holding = timers()
    createProbe({ ask: hangingAsk, everySeconds: 30, breaker }).start()
    expect(timers()).toBe(holding)

    vi.useFakeTimers()
    let asked = 0
    const probe = createProbe({ ask: async () => void asked++, everySeconds: 0, breaker })
    probe.start()
    probe.start()
    await vi.advanceTimersByTimeAsync(2000)
    expect([asked, vi.getTimerCount()]).toEqual([2, 1])
    probe.close()
    await vi.advanceTimersByTimeAsync(10_000)
    expect([asked, vi.getTimerCount()]).toEqual([2, 0])
  })
})

const hangingAsk = (signal: AbortSignal) => hang("probe", signal)
