/** The signature algorithms (RFC 7518 §3.1, RFC 8037, RFC 9864) that an access token may be signed with, and the keys they take. */
import type { RawClaims } from "../providers/raw-claims.ts"

/** Asymmetric ones alone: with `none` nobody signs, and with HS* whoever can check can forge. */
const keyKinds: ReadonlyMap<string, string> = new Map([
  ["RS256", "RSA"],
  ["RS384", "RSA"],
  ["RS512", "RSA"],
  ["PS256", "RSA"],
  ["PS384", "RSA"],
  ["PS512", "RSA"],
  ["ES256", "P-256"],
  ["ES384", "P-384"],
  ["ES512", "P-521"],
  ["EdDSA", "Ed25519"],
  ["Ed25519", "Ed25519"],
])

export const SIGNATURE_ALGORITHMS: readonly string[] = [...keyKinds.keys()]

/** RFC 9864 §2.2: two names of one algorithm, as long as the key is of that curve. */
const nameOf = (alg: unknown) => (alg === "EdDSA" ? "Ed25519" : alg)

/** Whether a public key may check signatures of this algorithm: by its kind, and by the `alg` that it names, if any. */
export function fits({ kty, crv, alg: named }: RawClaims, alg: string): boolean {
  const kind = keyKinds.get(alg)
  if (kind === undefined || kind !== (kty === "RSA" ? "RSA" : crv)) return false
  return named === undefined || nameOf(named) === nameOf(alg)
}
