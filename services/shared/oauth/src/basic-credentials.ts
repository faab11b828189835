/** HTTP Basic as OAuth uses it: id and secret are form-encoded first (RFC 6749 §2.3.1). */

export interface BasicCredentials {
  clientId: string
  clientSecret: string
}

const basic = /^basic +([A-Za-z0-9+/]+={0,2})$/i

const formDecode = (text: string): string => decodeURIComponent(text.replaceAll("+", " "))
const formEncode = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1)

/** Parses a Basic header value; undefined when it is not exactly one well-formed pair. */
export function parseBasicCredentials(value: string): BasicCredentials | undefined {
  const encoded = basic.exec(value)?.[1]
  if (encoded === undefined) return undefined
  const bytes = Buffer.from(encoded, "base64")
  // Node decodes loosely; only what encodes back to the same text was base64.
  if (bytes.toString("base64").replace(/=+$/, "") !== encoded.replace(/=+$/, "")) return undefined
  const text = bytes.toString("utf8")
  const colon = text.indexOf(":")
  if (colon < 1) return undefined
  try {
    return { clientId: formDecode(text.slice(0, colon)), clientSecret: formDecode(text.slice(colon + 1)) }
  } catch {
    return undefined // a stray % is not form encoding
  }
}

export const formatBasicCredentials = ({ clientId, clientSecret }: BasicCredentials): string =>
  `Basic ${Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString("base64")}`
