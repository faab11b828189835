/** A key as an authorization server has it: what it publishes, and tokens that it signs, however odd their header. */
import { constants, createHash, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from "node:crypto"

export interface TestKey {
  /** As published. */
  jwk: JsonWebKey
  privateKey: KeyObject
  publicKey: KeyObject
  /** A compact JWS with exactly this header and payload. */
  sign(header: object, payload: unknown): string
  /** An access token that names this key (RFC 9068 §2.1). */
  accessToken(payload: unknown, header?: object): string
}

const pairs: Record<string, () => { publicKey: KeyObject; privateKey: KeyObject }> = {
  RSA: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  "RSA 1024": () => generateKeyPairSync("rsa", { modulusLength: 1024 }),
  "P-256": () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  "P-384": () => generateKeyPairSync("ec", { namedCurve: "P-384" }),
  "P-521": () => generateKeyPairSync("ec", { namedCurve: "P-521" }),
  Ed25519: () => generateKeyPairSync("ed25519"),
}

/** @param published what its JWK says beside the key itself; `kid: undefined` leaves it out */
export function makeKey(
  published: { kid?: string | undefined; alg?: string; [member: string]: unknown },
  kind = "P-256",
): TestKey {
  const pair = pairs[kind]?.()
  if (!pair) throw new TypeError(`no key of kind ${kind}`)
  const { publicKey, privateKey } = pair
  const alg = published.alg ?? { RSA: "RS256", "P-384": "ES384", "P-521": "ES512", Ed25519: "EdDSA" }[kind] ?? "ES256"
  const jwk = JSON.parse(JSON.stringify({ ...publicKey.export({ format: "jwk" }), ...published }))
  const signAs = (header: object, payload: unknown) => {
    const signed = `${encode(header)}.${encode(payload)}`
    return `${signed}.${signature(Buffer.from(signed), privateKey, "alg" in header ? String(header.alg) : alg)}`
  }
  return {
    jwk,
    privateKey,
    publicKey,
    sign: signAs,
    accessToken: (payload, header) => signAs({ alg, kid: published.kid, typ: "at+jwt", ...header }, payload),
  }
}

export const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

function signature(signed: Buffer, key: KeyObject, alg: string): string {
  const bits = /^(?:RS|PS|ES)(256|384|512)$/.exec(alg)?.[1]
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const options = { key, dsaEncoding: "ieee-p1363" as const, ...(alg.startsWith("PS") && pss) }
  const digest = key.asymmetricKeyType === "ed25519" ? null : `sha${bits ?? 256}`
  return sign(digest, signed, options).toString("base64url")
}

/** A `kid` that nobody published. */
export const randomKid = (seed: number): string => createHash("sha256").update(String(seed)).digest("base64url")
