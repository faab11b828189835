/** A JWK set (RFC 7517 §5) as an authorization server publishes it, read for the keys that can check a signature. */
import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto"
import type { RawClaims } from "../providers/raw-claims.ts"
import { Unavailable } from "../unavailable.ts"
import { fits, SIGNATURE_ALGORITHMS } from "./algorithms.ts"

/** A public key, ready for use. `jwk` is what was published, with whatever else it says of the key. */
export interface SigningKey {
  key: KeyObject
  /** The only algorithm it may be used with; undefined: with each that its kind fits. */
  alg: string | undefined
  kid: string | undefined
  jwk: RawClaims
}

export interface ReadKeys {
  keys: readonly SigningKey[]
  skipped: number
}

const MIN_RSA_BITS = 2048 // RFC 7518 §3.3
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"]

const unusable = (why: string) => new Unavailable("bad_response", { cause: new TypeError(why) })

/**
 * Passes over what is not for us (another use, another kind, a secret, damage): one exotic key must not cost all the others.
 * @throws Unavailable `bad_response` when nothing usable is left: more likely a fault than the wish to be trusted in nothing
 */
export function readKeys(json: unknown): ReadKeys {
  const published = typeof json === "object" && json !== null && "keys" in json ? json.keys : undefined
  if (!Array.isArray(published)) throw unusable("the answer is not a JWK set")
  const keys = published.map(readKey).filter((key) => key !== undefined)
  if (keys.length === 0) throw unusable("the JWK set holds no usable signing key")
  return { keys, skipped: published.length - keys.length }
}

function readKey(jwk: unknown): SigningKey | undefined {
  if (typeof jwk !== "object" || jwk === null || Array.isArray(jwk)) return undefined
  const { alg, kid } = jwk as { alg?: string; kid?: unknown }
  if (!isForSignatures(jwk as RawClaims) || (kid !== undefined && typeof kid !== "string")) return undefined
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: "jwk" })
    if ((key.asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS) < MIN_RSA_BITS) return undefined
    return { key, alg, kid, jwk: Object.freeze(jwk as RawClaims) }
  } catch {
    return undefined // damaged, or of a kind that this runtime does not know
  }
}

function isForSignatures(jwk: RawClaims): boolean {
  if (privateMembers.some((member) => member in jwk)) return false
  if (jwk["use"] !== undefined && jwk["use"] !== "sig") return false
  const operations = jwk["key_ops"]
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify"))) return false
  return SIGNATURE_ALGORITHMS.some((alg) => fits(jwk, alg))
}
