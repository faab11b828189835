/** Looks for a secret in a text in whatever form it may have got there: raw, encoded for a URL, JSON or HTML, in base64 or hex; whole or in part. */
import { randomBytes } from "node:crypto"

/** So much of a secret is enough to be found: a log that shows the beginning of a token shows too much. */
const PIECE = 12

/** Long enough for every setting, and of characters that each encoding writes differently. */
export function newSecret(): string {
  const random = randomBytes(32).toString("hex")
  return `${random.slice(0, 5)}+/${random.slice(5, 40)}+/${random.slice(40, 45)}`
}

const html = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;")

/** In base64 what a text looks like depends on how many bytes stand before it; at the edges others have a part in a character. */
function base64Of(piece: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(piece)])
    const own = (text: string) => text.slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6))
    return [own(bytes.toString("base64")), own(bytes.toString("base64url"))]
  })
}

const encodings: Readonly<Record<string, (piece: string) => string[]>> = {
  raw: (piece) => [piece],
  "URL-encoded": (piece) => [encodeURIComponent(piece), new URLSearchParams({ "": piece }).toString().slice(1)],
  JSON: (piece) => [JSON.stringify(piece).slice(1, -1), piece.replaceAll("/", "\\/")],
  HTML: (piece) => [html(piece)],
  base64: base64Of,
  hex: (piece) => [Buffer.from(piece).toString("hex")],
}

export const FORMS = Object.keys(encodings)

export interface Needle {
  form: string
  text: string
}

/** Its first and its last characters in every form; in lower case, since hosts and header names end up so. */
export function needlesOf(secret: string): Needle[] {
  if (secret.length < PIECE) throw new Error("too short to be told from anything else")
  const pieces = [secret.slice(0, PIECE), secret.slice(-PIECE)]
  return Object.entries(encodings).flatMap(([form, encode]) =>
    pieces.flatMap(encode).map((text) => ({ form, text: text.toLowerCase() })),
  )
}

export interface Sink {
  name: string
  text: string
}

/** Where it was found, with a piece of what stands around it; undefined: nowhere. */
export function findIn(sinks: readonly Sink[], secret: string): string | undefined {
  const needles = needlesOf(secret)
  for (const { name, text } of sinks) {
    const lower = text.toLowerCase()
    for (const { form, text: needle } of needles) {
      const at = lower.indexOf(needle)
      if (at >= 0) return `${form} in ${name}: …${text.slice(Math.max(0, at - 160), at + needle.length + 20)}…`
    }
  }
  return undefined
}
