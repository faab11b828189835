/** The timeline of an outage: what is wrong, when, and which answers are right at each moment. Knows neither k6 nor Node. */

const PHASES = ["healthy", "auth-down", "auth-slow", "auth-erratic", "redis-down", "redis-slow"] as const
export type PhaseName = (typeof PHASES)[number]

export interface Phase {
  name: PhaseName
  /** From the beginning of the run. */
  startMs: number
  endMs: number
}

/**
 * Parses `healthy:10,auth-down:20,healthy:20`: names and seconds.
 * @throws Error that says what is wrong with it
 */
export function parseTimeline(text: string): Phase[] {
  let startMs = 0
  return text.split(",").map((part) => {
    const [name, seconds] = part.trim().split(":")
    if (!isPhaseName(name) || !(Number(seconds) > 0))
      throw new Error(`OUTAGE has "${part}", which is not a name and seconds; names are ${PHASES.join(", ")}`)
    const phase = { name, startMs, endMs: startMs + Number(seconds) * 1000 }
    startMs = phase.endMs
    return phase
  })
}

const isPhaseName = (name: string | undefined): name is PhaseName =>
  (PHASES as readonly (string | undefined)[]).includes(name)

export const lengthSeconds = (timeline: readonly Phase[]): number => (timeline.at(-1)?.endMs ?? 0) / 1000

type Decision = "admitted" | "refused" | "unavailable" | "failed"
export type Presented = "hot" | "cold" | "bad" | "token"

/**
 * - `hot`: a token that the MCP service remembers. The authorization server is not needed for it; the announcements of revocations
 *   are, so that without Redis a remembered answer may have to be asked for again.
 * - `cold`: one that it has never seen. While nobody can be asked, 200 would be a guess, and 401 a lie.
 * - `bad`: what can be refused here is; what would have to be asked about is neither admitted nor refused.
 * - `token`: a request at `/token`.
 */
const RIGHT: Record<PhaseName, Record<Presented, readonly Decision[]>> = {
  healthy: { hot: ["admitted"], cold: ["admitted"], bad: ["refused"], token: ["admitted"] },
  "auth-down": {
    hot: ["admitted"],
    cold: ["unavailable"],
    bad: ["refused", "unavailable"],
    token: ["failed", "unavailable"],
  },
  "auth-slow": {
    hot: ["admitted"],
    cold: ["admitted", "unavailable"],
    bad: ["refused", "unavailable"],
    token: ["admitted", "failed", "unavailable"],
  },
  "auth-erratic": {
    hot: ["admitted"],
    cold: ["admitted", "unavailable"],
    bad: ["refused", "unavailable"],
    token: ["admitted", "failed", "unavailable"],
  },
  "redis-down": {
    hot: ["admitted", "unavailable"],
    cold: ["unavailable"],
    bad: ["refused", "unavailable"],
    token: ["unavailable"],
  },
  "redis-slow": {
    hot: ["admitted", "unavailable"],
    cold: ["admitted", "unavailable"],
    bad: ["refused", "unavailable"],
    token: ["admitted", "unavailable"],
  },
}

/** A fault is made by hand or by a program beside: a moment before it is expected, or a moment after. */
const EARLY_MS = 1_000
const LATE_MS = 2_000

/** Every decision that was right at some moment between the two; a fault has an after-effect until circuits have closed again. */
export function rightBetween(
  timeline: readonly Phase[],
  presented: Presented,
  { fromMs, toMs, recoveryMs }: { fromMs: number; toMs: number; recoveryMs: number },
): Decision[] {
  const around = timeline.filter(({ name, startMs, endMs }, i) => {
    const isLast = i === timeline.length - 1
    const lasts = isLast ? Number.POSITIVE_INFINITY : endMs + (name === "healthy" ? LATE_MS : recoveryMs)
    return startMs - EARLY_MS <= toMs && lasts >= fromMs
  })
  return [...new Set(around.flatMap(({ name }) => RIGHT[name][presented]))]
}

export const phaseAt = (timeline: readonly Phase[], ms: number): Phase | undefined =>
  timeline.find(({ startMs, endMs }) => ms >= startMs && ms < endMs) ?? timeline.at(-1)
