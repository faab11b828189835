/** A question in the background: health stays true when nobody asks, and an open circuit closes without waiting for traffic. */
import type { CircuitBreaker } from "./circuit-breaker.ts"

export interface ProbeOptions {
  /** Asks the server; whatever comes of it is for the circuit and the log, which hear it by themselves. */
  ask: (signal: AbortSignal) => Promise<unknown>
  /** How long nobody has to have asked; while the circuit is open, it asks as soon as it may. */
  everySeconds: number
  breaker: Pick<CircuitBreaker, "state" | "secondsUntilNext" | "idleSeconds">
  /** Calls once a second until what it returns is called. */
  everySecond?: (tick: () => void) => () => void
}

export interface Probe {
  start(): void
  /** Ends a question on its way too. */
  close(): void
}

export function createProbe({ ask, everySeconds, breaker, everySecond = byTimer }: ProbeOptions): Probe {
  const closing = new AbortController()
  let stop: (() => void) | undefined
  let asking = false
  let secondsSinceAsked = 0

  const isDue = () => {
    if (breaker.state() !== "closed") return breaker.secondsUntilNext() === 0
    // Its own count too: not everything that is asked passes through the circuit.
    return breaker.idleSeconds() >= everySeconds && secondsSinceAsked >= everySeconds
  }
  const probe = async () => {
    asking = true
    secondsSinceAsked = 0
    try {
      await ask(closing.signal)
    } catch {
      // An outage is what it looks for.
    } finally {
      asking = false
    }
  }
  const tick = () => {
    secondsSinceAsked++
    if (!asking && isDue()) void probe()
  }

  return {
    start() {
      if (!closing.signal.aborted) stop ??= everySecond(tick)
    },
    close() {
      stop?.()
      closing.abort(new Error("the probe is closed"))
    },
  }
}

/** Holds no process up. */
function byTimer(tick: () => void): () => void {
  const timer = setInterval(tick, 1000).unref()
  return () => clearInterval(timer)
}
