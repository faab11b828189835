/** A log that a test can read. */
import { createLogger } from "../src/index.ts"

export function recordedLog(level = "trace") {
  const lines: string[] = []
  const log = createLogger({ name: "test", level, destination: { write: (line) => void lines.push(line) } })
  const entries = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  return { log, lines, entries, text: () => lines.join("") }
}
