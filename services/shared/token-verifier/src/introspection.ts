/** What is known about a token, read strictly from an introspection answer or a verified JWT: a wrong type is no answer at all. */
import { parseScope } from "@gatehouse/oauth"
import type { Trail } from "./trail.ts"
import { Unavailable } from "./unavailable.ts"
import type { InvalidReason } from "./validation.ts"

/** Asks an authority about a token. Throws Unavailable when it gives no usable word; never guesses. */
export type Introspect = (token: string, signal: AbortSignal) => Promise<Introspection>

/** The same where answers may be remembered: leaves on the trail whence this one came. */
export type Lookup = (token: string, signal: AbortSignal, trail: Trail) => Promise<Introspection>

const texts = ["iss", "sub", "client_id", "scope", "jti", "grant_id", "token_type", "token_use", "typ"] as const
const times = ["exp", "nbf", "iat"] as const

type Texts = { [name in (typeof texts)[number]]?: string }
type Times = { [name in (typeof times)[number]]?: number }

/** An active token, in the authorization server's words: no verdict for any one request. Frozen. */
export type ActiveToken = Readonly<
  { active: true } & Texts & Times & { aud?: string | readonly string[]; senderConstrained?: true }
>

/** Refused by its authority; `reason` where more is known than that (RFC 7662 §2.2 tells nothing). */
export type InactiveToken = Readonly<{ active: false; reason?: InvalidReason }>

export type Introspection = ActiveToken | InactiveToken

export const INACTIVE: InactiveToken = Object.freeze({ active: false })

/** A token that was refused here, without asking anybody. */
export const refusedFor = (reason: InvalidReason): InactiveToken => Object.freeze({ active: false, reason })

// The year 5138 in seconds: what is larger was written in milliseconds.
const MAX_NUMERIC_DATE = 1e11

const unreadable = (what: string) => new Unavailable("bad_response", { cause: new TypeError(`${what} is unreadable`) })

/**
 * Reads the JSON of an introspection answer, in the names of RFC 7662 §2.2.
 * @throws Unavailable `bad_response`
 */
export function readIntrospection(body: unknown): Introspection {
  if (typeof body !== "object" || body === null || !("active" in body)) throw unreadable("the answer")
  if (body.active === false) return INACTIVE
  if (body.active !== true) throw unreadable("active") // "true" and 1 are not true (RFC 7662 §2.2: boolean)
  return readClaims(body)
}

/**
 * Reads claims in the names of RFC 7662 §2.2 that somebody vouches for: an answer, or a signature.
 * @throws Unavailable `bad_response` for a claim of another type than its RFC gives it
 */
export function readClaims(claims: object): ActiveToken {
  return Object.freeze({
    active: true,
    ...readTexts(claims),
    ...readTimes(claims),
    ...readAudience(claims),
    ...readProof(claims),
  })
}

function readTexts(claims: object): Texts {
  const found: Texts = {}
  for (const name of texts) {
    const value = (claims as Record<string, unknown>)[name]
    if (value === undefined || value === null) continue
    if (typeof value !== "string" || (name === "scope" && !isScope(value))) throw unreadable(name)
    found[name] = value
  }
  return found
}

function readTimes(claims: object): Times {
  const found: Times = {}
  for (const name of times) {
    const value = (claims as Record<string, unknown>)[name]
    if (value === undefined || value === null) continue
    if (typeof value !== "number" || !Number.isFinite(value) || value >= MAX_NUMERIC_DATE) throw unreadable(name)
    found[name] = value
  }
  return found
}

/** An audience with anything but strings in it (RFC 7519 §4.1.3) names nobody, so the token is for nobody. */
function readAudience(claims: object): { aud?: string | readonly string[] } {
  const aud = "aud" in claims ? claims.aud : undefined
  if (typeof aud === "string") return { aud }
  if (!Array.isArray(aud) || !aud.every((entry) => typeof entry === "string")) return {}
  return { aud: Object.freeze([...aud]) }
}

/** RFC 7800: a token that names a key is worth nothing without proof of it, and a bearer brings none. */
const readProof = (claims: object): { senderConstrained?: true } =>
  "cnf" in claims && claims.cnf !== null && claims.cnf !== undefined ? { senderConstrained: true } : {}

function isScope(text: string): boolean {
  try {
    parseScope(text)
    return true
  } catch {
    return false
  }
}
