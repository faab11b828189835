/** What a chart's NOTES tell a person to run: taken from the text, so that the text is proved. */
import type { Cluster } from "./cluster.ts"

export const notesOf = (cluster: Cluster, release: string): Promise<string> => cluster.helm(["get", "notes", release])

/** The lines that are such a command, with the lines that continue them. */
export function commandsIn(notes: string, form: RegExp): string[] {
  const lines = notes.replace(/\\\n\s*/g, "").split("\n")
  return [...new Set(lines.map((line) => line.trim()).filter((line) => form.test(line)))]
}

/** The only one. @throws Error when there is none, or more */
export function commandIn(notes: string, form: RegExp): string {
  const [found, ...others] = commandsIn(notes, form)
  if (found === undefined || others.length > 0)
    throw new Error(`NOTES have ${others.length + (found ? 1 : 0)} commands like ${form}\n${notes}`)
  return found
}
