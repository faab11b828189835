/** An authorization server without a wire: it says what a test wrote down, in order, and the last of it for ever. */
import type { Introspect, Introspection } from "../../src/introspection.ts"

export type Step = Introspection | Error | Introspect

export interface ScriptedAsk {
  ask: Introspect
  /** When it was asked, in milliseconds of `performance.now()`. */
  calls: number[]
}

export const ACTIVE: Introspection = Object.freeze({ active: true })

export function scriptedAsk(...steps: Step[]): ScriptedAsk {
  const calls: number[] = []
  return {
    calls,
    async ask(token, signal) {
      const step = steps[Math.min(calls.length, steps.length - 1)]
      calls.push(performance.now())
      if (typeof step === "function") return step(token, signal)
      if (step instanceof Error) throw step
      return step ?? ACTIVE
    },
  }
}

/** Says nothing until the caller gives up, as a request over HTTP does. */
export const hang: Introspect = (_, signal) =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  })

/** Says nothing, and does not hear that the caller gave up. */
export const deafHang: Introspect = () => new Promise(() => {})

/** Never aborted. */
export const patient = () => new AbortController().signal
