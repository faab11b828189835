/** One fault from its beginning to its end: which alerts fire, how soon, and whether they were the right ones. */
import { setTimeout as pause } from "node:timers/promises"
import type { Monitoring } from "./monitoring.ts"

export interface Fault {
  name: string
  /** Alerts that must fire. */
  expected: readonly string[]
  /** Alerts that are right too, and depend on moments: whether a circuit opened before the first time-out, say. */
  accepted?: readonly string[]
  /** Makes it fail; returns how to heal it. What it throws is a fault of the drill. */
  induce(): Promise<() => Promise<void> | void>
}

export interface Outcome {
  name: string
  expected: readonly string[]
  fired: readonly string[]
  /** Until the last expected alert fired; undefined: it never did. */
  firedAfterSeconds: number | undefined
  /** Until none fired any more, from the healing; undefined: some still do. */
  resolvedAfterSeconds: number | undefined
  /** What is wrong, in words; none: as it should be. */
  wrong: readonly string[]
}

export interface Patience {
  fireMs: number
  /** How long to look for alerts that should not fire, after all that should do. */
  lingerMs: number
  resolveMs: number
}

const LOOK_EVERY_MS = 250

export async function tryFault(fault: Fault, monitoring: Monitoring, patience: Patience): Promise<Outcome> {
  const { name, expected, accepted = [] } = fault
  const fired = new Set<string>()
  const look = async () => {
    const now = await monitoring.firing()
    for (const alert of now) fired.add(alert)
    return now
  }
  const early = await look() // nothing may fire yet
  const heal = await fault.induce()
  let firedAfterSeconds: number | undefined
  try {
    firedAfterSeconds = await until(async () => {
      await look()
      return expected.every((alert) => fired.has(alert))
    }, patience.fireMs)
    for (const late of await soak(monitoring, patience.lingerMs)) fired.add(late)
  } finally {
    await heal()
  }
  let left: string[] = []
  const resolvedAfterSeconds = await until(async () => {
    left = await look()
    return left.length === 0
  }, patience.resolveMs)
  const unexpected = [...fired].filter((alert) => !expected.includes(alert) && !accepted.includes(alert))
  const wrong = [
    ...early.map((alert) => `${alert} fired before`),
    ...expected.filter((alert) => !fired.has(alert)).map((alert) => `${alert} did not fire`),
    ...unexpected.map((alert) => `${alert} fired too`),
    ...left.map((alert) => `${alert} is not over in time`),
  ]
  return { name, expected, fired: [...fired].sort(), firedAfterSeconds, resolvedAfterSeconds, wrong }
}

/** Looks for so long that nothing fires, and says what did. */
export async function soak(monitoring: Monitoring, ms: number): Promise<string[]> {
  const fired = new Set<string>()
  await until(async () => {
    for (const alert of await monitoring.firing()) fired.add(alert)
    return false
  }, ms)
  return [...fired].sort()
}

/** Seconds until it is so; undefined when it is not in time. */
async function until(isSo: () => Promise<boolean>, withinMs: number): Promise<number | undefined> {
  const started = performance.now()
  for (;;) {
    if (await isSo()) return (performance.now() - started) / 1000
    if (performance.now() - started >= withinMs) return undefined
    await pause(LOOK_EVERY_MS)
  }
}
