/** What an authorization server says about a token (RFC 7662 §2.2), read strictly: a wrong type is no answer at all. */
import { parseScope } from "@gatehouse/oauth"
import { Unavailable } from "./unavailable.ts"

/** Asks an authority about a token. Throws Unavailable when it gives no usable word; never guesses. */
export type Introspect = (token: string, signal: AbortSignal) => Promise<Introspection>

const texts = ["iss", "sub", "client_id", "scope", "jti", "grant_id", "token_type", "token_use", "typ"] as const
const times = ["exp", "nbf", "iat"] as const

type Texts = { [name in (typeof texts)[number]]?: string }
type Times = { [name in (typeof times)[number]]?: number }

/** An active token, in the authorization server's words: no verdict for any one request. Frozen. */
export type ActiveToken = Readonly<
  { active: true } & Texts & Times & { aud?: string | readonly string[]; senderConstrained?: true }
>

export type Introspection = ActiveToken | Readonly<{ active: false }>

const INACTIVE = Object.freeze({ active: false } as const)
// The year 5138 in seconds: what is larger was written in milliseconds.
const MAX_NUMERIC_DATE = 1e11

const unreadable = (what: string) => new Unavailable("bad_response", { cause: new TypeError(`${what} is unreadable`) })

/**
 * Reads the JSON of an introspection answer.
 * @throws Unavailable `bad_response`
 */
export function readIntrospection(body: unknown): Introspection {
  if (typeof body !== "object" || body === null || !("active" in body)) throw unreadable("the answer")
  if (body.active === false) return INACTIVE
  if (body.active !== true) throw unreadable("active") // "true" and 1 are not true (RFC 7662 §2.2: boolean)
  return Object.freeze({
    active: true,
    ...readTexts(body),
    ...readTimes(body),
    ...readAudience(body),
    ...readProof(body),
  })
}

function readTexts(body: object): Texts {
  const found: Texts = {}
  for (const name of texts) {
    const value = (body as Record<string, unknown>)[name]
    if (value === undefined || value === null) continue
    if (typeof value !== "string" || (name === "scope" && !isScope(value))) throw unreadable(name)
    found[name] = value
  }
  return found
}

function readTimes(body: object): Times {
  const found: Times = {}
  for (const name of times) {
    const value = (body as Record<string, unknown>)[name]
    if (value === undefined || value === null) continue
    if (typeof value !== "number" || !Number.isFinite(value) || value >= MAX_NUMERIC_DATE) throw unreadable(name)
    found[name] = value
  }
  return found
}

/** An audience with anything but strings in it (RFC 7519 §4.1.3) names nobody, so the token is for nobody. */
function readAudience(body: object): { aud?: string | readonly string[] } {
  const aud = "aud" in body ? body.aud : undefined
  if (typeof aud === "string") return { aud }
  if (!Array.isArray(aud) || !aud.every((entry) => typeof entry === "string")) return {}
  return { aud: Object.freeze([...aud]) }
}

/** RFC 7800: a token that names a key is worth nothing without proof of it, and a bearer brings none. */
const readProof = (body: object): { senderConstrained?: true } =>
  "cnf" in body && body.cnf !== null && body.cnf !== undefined ? { senderConstrained: true } : {}

function isScope(text: string): boolean {
  try {
    parseScope(text)
    return true
  } catch {
    return false
  }
}
