/** What the drill prints: a row a fault as it ends, and what came of it all. */
import type { Outcome } from "./try-fault.ts"

const write = (line: string) => void process.stdout.write(`${line}\n`)
const seconds = (value: number | undefined) => (value === undefined ? "never" : `${value.toFixed(0)} s`)

export function printRow({ name, expected, fired, firedAfterSeconds, resolvedAfterSeconds, wrong }: Outcome): void {
  const times = `fired after ${seconds(firedAfterSeconds)}, resolved ${seconds(resolvedAfterSeconds)} after healing`
  write(`${wrong.length === 0 ? "ok   " : "WRONG"}  ${name}: ${times}`)
  write(`       expected  ${expected.join(", ")}`)
  write(`       fired     ${fired.join(", ") || "nothing"}`)
  for (const problem of wrong) write(`       !         ${problem}`)
}

export interface Summary {
  /** What fired in the healthy soak. */
  inPeace: readonly string[]
  outcomes: readonly Outcome[]
  /** Texts of the rule files. */
  rules: Readonly<Record<string, string>>
  load: { ok: number; other: number }
  seconds: number
}

/** Returns whether all was as it should be. */
export function printSummary({ inPeace, outcomes, rules, load, seconds: took }: Summary): boolean {
  const right = outcomes.filter(({ wrong }) => wrong.length === 0).length
  const fired = new Set(outcomes.flatMap((outcome) => outcome.fired.map((alert) => alert.split(" ")[0])))
  const names = Object.values(rules).flatMap((text) =>
    [...text.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name),
  )
  const silent = [...new Set(names)].filter((name) => !fired.has(name))
  write("")
  write(`Healthy soak: ${inPeace.length === 0 ? "no alert" : `WRONG, ${inPeace.join(", ")}`}`)
  write(`Alerts that no fault raised: ${silent.join(", ") || "none"}`)
  write(`Load meanwhile: ${load.ok} calls answered, ${load.other} not`)
  write(`${right} of ${outcomes.length} faults as expected, in ${(took / 60).toFixed(1)} minutes`)
  return right === outcomes.length && inPeace.length === 0
}
