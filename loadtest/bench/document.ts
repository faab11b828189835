/** Where measurements are written: their own part of a document, between marks, with what they were made by. */
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { join } from "node:path"

const beginOf = (name: string) => `<!-- measured: ${name} -->`

/** @throws Error when the document has no such part */
export function replacePart(text: string, name: string, content: string): string {
  const [begin, end] = [beginOf(name), `<!-- end: ${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the document has no part ${begin} … ${end}`)
  return `${text.slice(0, from)}${begin}\n${content.trim()}\n${text.slice(to)}`
}

/**
 * Writes into performance.md of the directory, and beside it into the README where that has this part.
 * @param inShort for the README
 */
export function writePart(docs: string, name: string, content: string, inShort = content): void {
  const [page, readme] = [join(docs, "performance.md"), join(docs, "../README.md")]
  writeFileSync(page, replacePart(readFileSync(page, "utf8"), name, content))
  const text = readFileSync(readme, "utf8")
  if (text.includes(beginOf(name))) writeFileSync(readme, replacePart(text, name, inShort))
}

/** The machine and the day, as a reader needs them to repeat it. */
export function circumstances(): string {
  const [first] = cpus()
  const gigabytes = Math.round(totalmem() / 1024 ** 3)
  const day = new Date().toISOString().slice(0, 10)
  return `${day}, ${first?.model.trim()}, ${cpus().length} cores, ${gigabytes} GB, Node ${process.version}, commit ${commit()}`
}

/** What was measured; with a mark when the tree had changes. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim()
  try {
    const changed = git("status", "--porcelain", "--", "../../services") === "" ? "" : " with changes"
    return git("rev-parse", "--short", "HEAD") + changed
  } catch {
    return "unknown"
  }
}

/** @param aligned of each column: "l" or "r" */
export function table(head: readonly string[], aligned: string, rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`
  const rule = [...aligned].map((side) => (side === "r" ? "--:" : "---"))
  return [line(head), `|${rule.join("|")}|`, ...rows.map(line)].join("\n")
}

/** Three digits, or all of a larger number: a table of 0.0976 and 1140. */
export const rounded = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))
