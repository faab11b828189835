/** A signed token (RFC 7515, compact): read without belief, and believed when a key of its authorization server signed it. */
import { MAX_TOKEN_LENGTH } from "@gatehouse/oauth"
import { compactVerify, errors } from "jose"
import type { RawClaims } from "../providers/raw-claims.ts"
import type { InvalidReason } from "../validation.ts"
import { SIGNATURE_ALGORITHMS } from "./algorithms.ts"
import type { KeySet } from "./key-set.ts"

/** What whoever made the token wrote into it. */
interface UnverifiedToken {
  header: RawClaims & { alg: string; kid?: string; typ?: string }
  payload: RawClaims
}

export interface SignatureExpectations {
  keys: Pick<KeySet, "find">
  /** Beyond it nothing is accepted; and of it nothing that needs a shared secret, or none. */
  algorithms?: readonly string[]
  /** `typ` of an access token, in lower case without `application/`; "" stands for an absent one. */
  jwtTypes: readonly string[]
  signal: AbortSignal
}

const compact = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

// Keys that a token brings along, or the places it names for them, and extensions that change what is signed: whoever made the
// token chose them, so whoever follows them believes the token about itself (RFC 8725 §3.10).
const refusedParameters = ["jwk", "jku", "x5u", "x5c", "crit", "b64"]

/** Header and payload of a token that looks like a JWS; undefined for what is none, an encrypted token (RFC 7516) included. */
export function readUnverified(token: string): UnverifiedToken | undefined {
  if (token.length > MAX_TOKEN_LENGTH || !compact.test(token)) return undefined
  const [first = "", second = ""] = token.split(".", 2)
  const header = parseObject(first)
  const payload = header && isHeader(header) ? parseObject(second) : undefined
  return payload && { header: header as UnverifiedToken["header"], payload }
}

const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === "string"

const isHeader = ({ alg, kid, typ }: RawClaims): boolean =>
  typeof alg === "string" && isOptionalText(kid) && isOptionalText(typ)

// Strict: two subjects that differ in damaged bytes must not become one.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

function parseObject(part: string): RawClaims | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(Buffer.from(part, "base64url")))
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as RawClaims) : undefined
  } catch {
    return undefined
  }
}

/**
 * Asks nobody about what can be refused without a key. Says nothing of what the payload claims: expiry, issuer, audience.
 * @returns the payload that the signature vouches for, with the JWK that signed it; or why not
 * @throws Unavailable `keys_unavailable`
 */
export async function verifySignature(
  token: string,
  { keys, algorithms = SIGNATURE_ALGORITHMS, jwtTypes, signal }: SignatureExpectations,
): Promise<{ payload: RawClaims; jwk: RawClaims } | InvalidReason> {
  const unverified = readUnverified(token)
  if (!unverified) return "malformed"
  const { header, payload } = unverified
  const { alg, kid, typ = "" } = header
  if (!jwtTypes.includes(typ.toLowerCase().replace(/^application\//, ""))) return "wrong_token_kind"
  if (!algorithms.includes(alg) || !SIGNATURE_ALGORITHMS.includes(alg)) return "bad_signature"
  if (refusedParameters.some((name) => name in header)) return "bad_signature"
  const signer = await keys.find({ alg, kid }, signal)
  if (!signer) return "unknown_key"
  try {
    await compactVerify(token, signer.key, { algorithms: [alg] })
  } catch (error) {
    if (error instanceof errors.JOSEError) return "bad_signature"
    throw error
  }
  return { payload, jwk: signer.jwk }
}
