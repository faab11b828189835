/** A new signing key as a private JWK (RFC 7517 §4): made by the Job of a chart, and by the operator who rotates keys. */
import { generateKeyPairSync, type JsonWebKey, randomBytes } from "node:crypto"

/** ES256. The day in its `kid` tells an operator which of two keys is the older one. */
export function createSigningKey(now: Date = new Date()): JsonWebKey & { kid: string; alg: string; use: string } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const kid = `${now.toISOString().slice(0, 10)}-${randomBytes(4).toString("hex")}`
  return { ...privateKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" }
}
