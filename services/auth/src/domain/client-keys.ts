/** Public keys that a client registers for `private_key_jwt` (RFC 7591 §2, RFC 7517). */
import { createPublicKey } from "node:crypto"
import { OAuthError } from "@gatehouse/oauth"
import type { JSONWebKeySet } from "jose"
import { z } from "zod"

const MIN_RSA_BITS = 2048
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

const keySetSchema = z.object({
  keys: z
    .array(z.looseObject({ kty: z.enum(["EC", "RSA", "OKP"]), kid: z.string().max(200).exactOptional() }))
    .min(1)
    .max(10),
})

const refuse = (why: string): never => {
  throw new OAuthError("invalid_client_metadata", why)
}

/**
 * Checks a JWK set: public keys only, each one usable.
 * @throws OAuthError `invalid_client_metadata`
 */
export function checkPublicKeys(jwks: unknown): JSONWebKeySet {
  const result = keySetSchema.safeParse(jwks)
  if (!result.success) return refuse("private_key_jwt needs jwks: a JWK set of public keys")
  for (const jwk of result.data.keys) {
    if (privateMembers.some((member) => member in jwk))
      return refuse("jwks: a private key was sent; it is not secret any more")
    if (!isUsable(jwk)) return refuse("jwks: a key is malformed or too short")
  }
  return result.data
}

function isUsable(jwk: Record<string, unknown>): boolean {
  try {
    const key = createPublicKey({ key: jwk, format: "jwk" })
    return key.asymmetricKeyType !== "rsa" || (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS
  } catch {
    return false
  }
}
