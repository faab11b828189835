/** Whether an authorization server is worth asking, by how the latest questions ended: a circuit, closed while it is. */
import { wholeSeconds } from "../http/retry-after.ts"
import type { Log } from "../log.ts"
import { Unavailable } from "../unavailable.ts"

/** `open`: nobody asks. `half_open`: one question is on its way, and decides for all. */
export type CircuitState = "closed" | "open" | "half_open"

/** `undecided`: it ended without a word about the server. `cut_off`: a deadline ended it, see `patienceSeconds`. */
export type Outcome = "success" | "failure" | "undecided" | "cut_off"

/** Times and numbers. Every default is in `defaultCircuitBounds`. */
export interface CircuitBounds {
  /** Share of failures, from 0 to 1, at which it opens. */
  failureRatio: number
  /** What ended longer ago does not count... */
  windowSeconds: number
  /** ...and of the rest only the latest: many good answers just before a silence must not hide it for the whole window. */
  windowOutcomes: number
  /** Fewer outcomes decide nothing. */
  minOutcomes: number
  /**
   * From opening until a question is let through as a probe; doubled after each probe that fails. Up to a fifth shorter by
   * chance, so that replicas do not probe all at once.
   */
  openSeconds: number
  maxOpenSeconds: number
  /** Who was cut off sooner gave the server too little time (it waited for a place, say), and learned nothing about it. */
  patienceSeconds: number
}

const defaultCircuitBounds: CircuitBounds = {
  failureRatio: 0.5,
  windowSeconds: 10,
  windowOutcomes: 50,
  minOutcomes: 5,
  openSeconds: 5,
  maxOpenSeconds: 30,
  patienceSeconds: 2,
}

export interface CircuitBreakerOptions {
  /** Monotonic seconds. */
  uptime: () => number
  log?: Log
  bounds?: Partial<CircuitBounds>
  /** From 0 to 1; tests decide it. */
  random?: () => number
}

export interface CircuitBreaker {
  /**
   * To be called before asking. Returns what takes the outcome, to be called once.
   * @throws Unavailable `circuit_open`
   */
  begin(): (outcome: Outcome) => void
  state(): CircuitState
  /** Until a question is let through; 0 when one would be now. */
  secondsUntilNext(): number
  /** Since a question was let through. */
  idleSeconds(): number
}

const JITTER = 0.2

export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { uptime, log, random = Math.random } = options
  const bounds = { ...defaultCircuitBounds, ...options.bounds }
  const latest = createOutcomeWindow(bounds, uptime)
  let state: CircuitState = "closed"
  let era = 0 // begins anew with each state: what was asked in an earlier one says nothing about this one
  let openSeconds = bounds.openSeconds
  let nextAt = 0
  let askedAt = uptime()

  const turn = (to: CircuitState) => {
    state = to
    latest.clear()
    era++
  }
  const open = () => {
    const seconds = openSeconds * (1 - JITTER * random())
    if (state === "closed")
      log?.warn({ ...latest.counts(), seconds }, "the circuit opens: the authorization server is left alone")
    nextAt = uptime() + seconds
    openSeconds = Math.min(openSeconds * 2, bounds.maxOpenSeconds)
    turn("open")
  }
  const close = () => {
    openSeconds = bounds.openSeconds
    turn("closed")
    log?.info({}, "the circuit closes: the authorization server is asked again")
  }
  const end = (outcome: Exclude<Outcome, "cut_off">) => {
    if (state === "half_open") {
      if (outcome === "success") return close()
      if (outcome === "failure") return open()
      return turn("open") // its time is over already: the next question probes
    }
    if (outcome !== "undecided" && latest.add(outcome) === "bad") open()
  }
  const secondsUntilNext = () => {
    if (state === "closed") return 0
    if (state === "half_open") return 1 // nobody knows how long the probe will take
    return Math.max(nextAt - uptime(), 0)
  }

  return {
    begin() {
      const seconds = secondsUntilNext()
      if (seconds > 0) throw new Unavailable("circuit_open", { retryAfterSeconds: wholeSeconds(seconds) })
      if (state === "open") turn("half_open")
      const [begunIn, begunAt] = [era, uptime()]
      askedAt = begunAt
      return (outcome) => {
        if (era !== begunIn) return
        if (outcome !== "cut_off") return end(outcome)
        end(uptime() - begunAt >= bounds.patienceSeconds ? "failure" : "undecided")
      }
    },
    state: () => state,
    secondsUntilNext,
    idleSeconds: () => uptime() - askedAt,
  }
}

function createOutcomeWindow(bounds: CircuitBounds, uptime: () => number) {
  let latest: { at: number; outcome: "success" | "failure" }[] = [] // oldest first

  const counts = () => {
    const failures = latest.filter(({ outcome }) => outcome === "failure").length
    return { failures, outcomes: latest.length }
  }
  return {
    counts,
    add(outcome: "success" | "failure"): "good" | "bad" {
      const since = uptime() - bounds.windowSeconds
      latest = [...latest, { at: uptime(), outcome }].slice(-bounds.windowOutcomes).filter(({ at }) => at > since)
      const { failures, outcomes } = counts()
      return outcomes >= bounds.minOutcomes && failures >= bounds.failureRatio * outcomes ? "bad" : "good"
    },
    clear() {
      latest = []
    },
  }
}
