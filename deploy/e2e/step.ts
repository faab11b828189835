/** A step of the end-to-end program, and the table of what came of them. */
import type { Context } from "./context.ts"

export interface Step {
  /** The requirement. */
  name: string
  /** Others build on it: it runs whatever `--only` says, unless its work is there already. */
  installs?: boolean
  /** Resolves with the figure of the table; throws what is wrong. */
  run(context: Context): Promise<string>
}

export interface Outcome {
  name: string
  ok: boolean
  figure: string
  seconds: number
}

/** Every wait of a step has a bound of its own; this one is for the whole. */
const LONGEST_STEP_MS = 6 * 60_000

const write = (line: string) => void process.stdout.write(`${line}\n`)

/** What went wrong stands in full under the step, and its first line in the table. */
export async function runStep(step: Step, context: Context): Promise<Outcome> {
  write(`… ${step.name}`)
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const tooLong = new Promise<never>((_, reject) => {
    const why = `no end within ${LONGEST_STEP_MS / 60_000} minutes`
    setTimeout(() => reject(new Error(why)), LONGEST_STEP_MS).unref()
  })
  try {
    const figure = await Promise.race([step.run(context), tooLong])
    return { name: step.name, ok: true, figure, seconds: seconds() }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    write(`  WRONG: ${why}`)
    return { name: step.name, ok: false, figure: why.split("\n")[0]?.slice(0, 160) ?? "", seconds: seconds() }
  }
}

/** Returns whether all was as it should be. */
export function printTable(outcomes: readonly Outcome[]): boolean {
  const width = Math.max(...outcomes.map(({ name }) => name.length))
  write("")
  write(`| ${"step".padEnd(width)} | result | seconds | figure`)
  write(`|-${"-".repeat(width)}-|--------|--------:|-------`)
  for (const { name, ok, figure, seconds } of outcomes)
    write(`| ${name.padEnd(width)} | ${ok ? "ok    " : "WRONG "} | ${seconds.toFixed(0).padStart(7)} | ${figure}`)
  const right = outcomes.filter(({ ok }) => ok).length
  const total = outcomes.reduce((sum, { seconds }) => sum + seconds, 0)
  write("")
  write(`${right} passed, ${outcomes.length - right} failed, in ${(total / 60).toFixed(1)} minutes`)
  return right === outcomes.length
}
