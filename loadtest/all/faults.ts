/** Makes the faults of an outage, each in its time. */
import { setTimeout as pause } from "node:timers/promises"
import { type Phase, type PhaseName, parseTimeline } from "../lib/timeline.ts"
import type { System } from "./system.ts"

interface Outage {
  timeline: string
  /** A circuit that stayed open for a while waits longer before it tries again, up to half a minute. */
  recoverySeconds: number
}

/** Every fault once, with time to recover. */
export const LONG_OUTAGE: Outage = {
  timeline: ["auth-down:20", "auth-slow:15", "auth-erratic:15", "redis-down:20", "redis-slow:15"]
    .map((fault) => `healthy:40,${fault}`)
    .concat("healthy:40")
    .join(","),
  recoverySeconds: 35,
}
export const SHORT_OUTAGE: Outage = {
  timeline: "healthy:3,auth-down:5,healthy:10,auth-erratic:4,healthy:8,redis-down:4,healthy:11",
  recoverySeconds: 10,
}

/** Of each second of a slow server or network. */
const AWAY_MS = 700
const THERE_MS = 300

interface Fault {
  begin(): Promise<void> | void
  end(): Promise<void> | void
}

function faultsOf({ auth, redis, network }: System): Record<PhaseName, Fault> {
  return {
    healthy: { begin() {}, end() {} },
    "auth-down": { begin: () => auth.kill(), end: () => auth.start() },
    "auth-slow": pulses(auth.pause, auth.resume),
    "auth-erratic": pulses(
      () => {
        network.mode = network.accepted % 2 === 0 ? "reset" : "dropReplies"
      },
      () => {
        network.mode = "pass"
      },
    ),
    "redis-down": { begin: () => redis.kill(), end: () => redis.restart() },
    "redis-slow": pulses(redis.pause, redis.resume),
  }
}

/** Away and there again, many times. */
function pulses(away: () => void, there: () => void): Fault {
  let stop = new AbortController()
  let last = Promise.resolve()
  const beat = async ({ signal }: AbortController) => {
    while (!signal.aborted) {
      away()
      await pause(AWAY_MS)
      there()
      await pause(THERE_MS)
    }
  }
  return {
    begin() {
      stop = new AbortController()
      last = beat(stop)
    },
    async end() {
      stop.abort()
      await last
    },
  }
}

/** Resolves at the end of the timeline, with everything whole again. */
export async function makeFaults(system: System, timeline: string): Promise<void> {
  const faults = faultsOf(system)
  const begunAt = Date.now()
  const until = ({ endMs }: Phase) => pause(Math.max(0, begunAt + endMs - Date.now()))
  for (const phase of parseTimeline(timeline)) {
    const fault = faults[phase.name]
    await fault.begin()
    await until(phase)
    await fault.end()
  }
}
