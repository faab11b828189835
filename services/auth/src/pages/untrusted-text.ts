/** Text that a client says about itself, made fit for a person's eyes: one line, of bounded length, in its own direction. */
import { type Html, html } from "./html.ts"

const MAX_LENGTH = 60

/**
 * Drops what could pretend to be something else: control and bidirectional characters, invisible ones, piles of marks.
 * Returns "" when nothing is left.
 */
export function displayText(text: string): string {
  const line = text
    .normalize("NFC")
    .replace(/[\s\p{Z}]+/gu, " ")
    .replace(/[\p{C}\u115f\u1160\u3164\uffa0]/gu, "")
    .replace(/(\p{M}{2})\p{M}+/gu, "$1")
    .trim()
  const characters = [...line]
  return characters.length <= MAX_LENGTH
    ? line
    : `${characters
        .slice(0, MAX_LENGTH - 1)
        .join("")
        .trimEnd()}…`
}

/** The client's name. `bdi` keeps a name that runs right to left from turning the words around it. */
export const nameOf = (client: { clientName: string }): Html =>
  html`<bdi>${displayText(client.clientName) || "An app without a name"}</bdi>`
