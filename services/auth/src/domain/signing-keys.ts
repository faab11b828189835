/** The keys that access tokens are signed with: the first signs, all are published (RFC 7517). */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto"
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose"
import type { DevelopmentKeys } from "./ports.ts"

export interface SigningKeys {
  /** Signs claims as an access token (RFC 9068 §2.1). */
  sign(claims: JWTPayload): Promise<string>
  /** What is published: public members only. */
  jwks: { keys: readonly JWK[] }
  /** When the key that signs has to be replaced, in seconds since 1970; undefined when its JWK has no `exp`. */
  notAfter?: number | undefined
}

const algorithms = new Map([
  ["P-256", ["ES256"]],
  ["P-384", ["ES384"]],
  ["P-521", ["ES512"]],
  ["Ed25519", ["EdDSA", "Ed25519"]],
  ["RSA", ["RS256", "PS256", "RS384", "PS384", "RS512", "PS512"]],
])

/**
 * Parses a JWK set of private keys; `exp` in one says until when the operator means to use it. To rotate, add a key at the end and let caches see it; then move it to the front; and
 * take the old one out when its last token has expired.
 * @throws Error with a sentence for the operator
 */
export function parseSigningKeys(text: string): SigningKeys {
  const keys = parseKeySet(text)
  const [first] = keys
  if (first === undefined) throw new Error("has no keys")
  const ids = keys.map(({ kid }) => kid)
  if (new Set(ids).size < ids.length) throw new Error("has two keys with one kid")
  const header = { alg: first.alg, kid: first.kid, typ: "at+jwt" }
  return {
    sign: (claims) => new SignJWT(claims).setProtectedHeader(header).sign(first.privateKey),
    jwks: { keys: keys.map(({ published }) => published) },
    notAfter: first.notAfter,
  }
}

/** Made when there are none, and the same for every process on this store. */
export async function developmentSigningKeys(stored: DevelopmentKeys): Promise<SigningKeys> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true })
  const made = {
    keys: [{ ...(await exportJWK(privateKey)), kid: `development-${Date.now().toString(36)}`, alg: "ES256" }],
  }
  return parseSigningKeys(await stored.findOrSave(JSON.stringify(made)))
}

interface SigningKey {
  kid: string
  alg: string
  privateKey: KeyObject
  published: JWK
  notAfter: number | undefined
}

function parseKeySet(text: string): SigningKey[] {
  let set: unknown
  try {
    set = JSON.parse(text)
  } catch {
    throw new Error("is not JSON")
  }
  const keys = typeof set === "object" && set !== null && "keys" in set ? set.keys : undefined
  if (!Array.isArray(keys)) throw new Error('must be a JWK set: {"keys": […]}')
  return keys.map((jwk, index) => parseKey(jwk, `keys[${index}]`))
}

function parseKey(jwk: JWK & { exp?: unknown }, place: string): SigningKey {
  const { kid, exp: notAfter } = jwk
  if (notAfter !== undefined && !(typeof notAfter === "number" && notAfter > 0))
    throw new Error(`${place} has an exp that is no number of seconds since 1970`)
  if (typeof kid !== "string" || kid === "") throw new Error(`${place} has no kid`)
  const possible = algorithms.get(jwk.crv ?? jwk.kty ?? "")
  const alg = jwk.alg ?? possible?.[0]
  if (alg === undefined || !possible?.includes(alg))
    throw new Error(`${place} has a kind or an alg that is not supported`)
  try {
    const privateKey = createPrivateKey({ key: { ...jwk }, format: "jwk" })
    // Derived, not copied: what is not public is not there.
    const published = { ...createPublicKey(privateKey).export({ format: "jwk" }), kid, alg, use: "sig" }
    return { kid, alg, privateKey, published, notAfter }
  } catch {
    throw new Error(`${place} is not a private key`)
  }
}
