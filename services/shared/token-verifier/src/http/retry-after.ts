/** How long another server asks to be left alone: `Retry-After` (RFC 9110 §10.2.3), or the end of a limit of requests. */

const MAX_SECONDS = 60 // a server that asks for a day would otherwise lock everyone out for one

type Header = string | string[] | undefined

/** Whole seconds, 1 to 60; undefined when the header is absent or unreadable. */
export function retryAfterSeconds(header: Header): number | undefined {
  const text = firstOf(header)
  if (text === undefined) return undefined
  return bounded(/^\d+$/.test(text.trim()) ? Number(text) : (Date.parse(text) - Date.now()) / 1000)
}

/** The same from the end of a limit, in seconds since 1970, as Okta and GitHub spell it: both send it with every answer. */
export function secondsUntilReset(headers: Readonly<Record<string, Header>>): number | undefined {
  const text = firstOf(headers["x-rate-limit-reset"] ?? headers["x-ratelimit-reset"])
  return text !== undefined && /^\d+$/.test(text) ? bounded(Number(text) - Date.now() / 1000) : undefined
}

const firstOf = (header: Header): string | undefined => (Array.isArray(header) ? header[0] : header)

const bounded = (seconds: number): number | undefined =>
  Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 1), MAX_SECONDS)

/** Time that is left, as we send it: whole seconds, at least 1. What a clock in floating point adds makes no second of its own. */
export const wholeSeconds = (left: number): number => Math.max(Math.ceil(left - 0.0005), 1)
