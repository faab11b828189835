/** Every sentence with which a template refuses values, so that none is left untried. */
import { globSync } from "node:fs"
import { root, textOf } from "./charts.ts"

export interface Sentence {
  /** `auth/templates/_app.tpl`. */
  template: string
  /** Its longest part without a template's action: what a refusal must contain. */
  words: string
}

const longest = (parts: readonly string[]) => parts.reduce((a, b) => (b.length > a.length ? b : a), "")
const literalOf = (line: string) => longest(line.split(/\{\{.*?\}\}/).map((part) => part.trim()))

/** Lines of `…problems` templates (each is a sentence), and the messages of `fail` and `required`. */
export function refusingSentences(): Sentence[] {
  return globSync("helm/{common,redis,auth,mcp}/templates/**/*.{tpl,yaml}", { cwd: root })
    .sort()
    .flatMap((file) => {
      const text = textOf(file)
      const template = file.replace("helm/", "")
      const problems = [...text.matchAll(/define "[\w.]*[pP]roblems" -?\}\}([\s\S]*?)(?=\{\{-? define |$)/g)].flatMap(
        ([, body = ""]) =>
          body
            .replace(/\{\{-?\s*\/\*[\s\S]*?\*\/\s*-?\}\}/g, "")
            .split("\n")
            .map(literalOf),
      )
      const calls = [
        ...text.matchAll(/\b(?:fail|required) (?:\(printf )?"([^"]+)"/g),
        ...text.matchAll(/(?:printf )?"([^"]+)"[^"\n]*\| fail\b/g),
      ].map(([, message = ""]) => longest(message.split(/%\w|\\n/).map((part) => part.trim())))
      return [...problems, ...calls].filter((words) => words.length > 15).map((words) => ({ template, words }))
    })
}
