/** `Retry-After` as another server sends it (RFC 9110 §10.2.3). */

const MAX_SECONDS = 60 // a server that asks for a day would otherwise lock everyone out for one

/** Whole seconds, 1 to 60; undefined when the header is absent or unreadable. */
export function retryAfterSeconds(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header[0] : header
  if (text === undefined) return undefined
  const seconds = /^\d+$/.test(text.trim()) ? Number(text) : (Date.parse(text) - Date.now()) / 1000
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 1), MAX_SECONDS)
}
