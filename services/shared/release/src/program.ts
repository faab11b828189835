/** How a program of a release ends: lines on stdout, one sentence a problem, and an exit code that Kubernetes understands. */
import { ConfigurationError } from "@gatehouse/service-kit"

export const print = (line: string): void => void process.stdout.write(`${line}\n`)

/**
 * Runs it, and sets the exit code: what it returns, or 1 with a sentence for what it throws.
 * @param rephrase for whoever knows the settings by other names
 */
export async function runProgram(run: () => Promise<number>, rephrase = (sentence: string) => sentence): Promise<void> {
  try {
    process.exitCode = await run()
  } catch (error) {
    const problems = error instanceof ConfigurationError ? error.problems : [sentenceOf(error)]
    for (const problem of problems) print(`failed: ${rephrase(problem)}`)
    process.exitCode = 1
  }
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
