/** The Authorization header of a bearer token, read strictly (RFC 6750 §2.1, RFC 9110 §11.4). */
import { headerValues } from "./header-values.ts"

/** What the header holds. `repeated` means two Authorization headers or two credentials: nobody may choose between them. */
export type BearerCredentials =
  | { kind: "token"; token: string }
  | { kind: "missing" }
  | { kind: "malformed" }
  | { kind: "repeated" }

export const MAX_TOKEN_LENGTH = 8192

const bearer = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i

/**
 * Reads the bearer token from Node's raw headers, since `headers.authorization` hides a second one.
 * @param rawHeaders name, value, name, value… as `IncomingMessage.rawHeaders` has them
 */
export function parseBearer(rawHeaders: readonly string[]): BearerCredentials {
  const [value, another] = headerValues(rawHeaders, "authorization")
  if (another !== undefined) return { kind: "repeated" }
  return value === undefined ? { kind: "missing" } : parseBearerValue(value)
}

/** Reads one Authorization header value. Another scheme, or `Bearer` alone, is as good as none: the challenge carries no error. */
export function parseBearerValue(value: string): BearerCredentials {
  if (!/^bearer +\S/i.test(value)) return { kind: "missing" }
  if (value.includes(",")) return { kind: "repeated" }
  const token = bearer.exec(value)?.[1]
  return token !== undefined && token.length <= MAX_TOKEN_LENGTH ? { kind: "token", token } : { kind: "malformed" }
}
