/** HTML templates that escape: whatever is put into one is text, unless it is itself a piece of HTML. */

/** A finished piece of HTML. Only `html` and `trusted` make one. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

type Part = Html | string | number | undefined | readonly Html[]

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

const escapeText = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

function markupOf(part: Part): string {
  if (part === undefined) return ""
  if (part instanceof Html) return part.markup
  if (typeof part === "object") return part.map(markupOf).join("")
  return escapeText(String(part))
}

/** `html`-tagged templates: attributes are always quoted, values never stand in tags, scripts or styles. */
export const html = (literals: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(literals.reduce((before, literal, index) => before + markupOf(parts[index - 1]) + literal))

/** For our own constants only. */
export const trusted = (markup: string): Html => new Html(markup)
