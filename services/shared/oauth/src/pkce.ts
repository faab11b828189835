/** Proof Key for Code Exchange (RFC 7636), S256 only. */
import { createHash, timingSafeEqual } from "node:crypto"
import { OAuthError } from "./errors.ts"

const unreserved43to128 = /^[A-Za-z0-9\-._~]{43,128}$/
const base64url43to128 = /^[A-Za-z0-9\-_]{43,128}$/

/**
 * Checks that a code challenge could come from S256: base64url without padding, RFC 7636 §4.2.
 * @throws OAuthError `invalid_request`
 */
export function checkCodeChallenge(challenge: string | undefined, method: string | undefined): string {
  if (challenge === undefined) throw new OAuthError("invalid_request", "code_challenge is required (PKCE)")
  if (method !== "S256") throw new OAuthError("invalid_request", "code_challenge_method must be S256")
  if (!base64url43to128.test(challenge))
    throw new OAuthError("invalid_request", "code_challenge must be the base64url SHA-256 of the code_verifier")
  return challenge
}

/** Whether the verifier hashes to the challenge (RFC 7636 §4.6). A malformed verifier does not. */
export function verifyCodeVerifier(verifier: string, challenge: string): boolean {
  if (!unreserved43to128.test(verifier)) return false
  const computed = Buffer.from(createHash("sha256").update(verifier).digest("base64url"))
  const expected = Buffer.from(challenge)
  return computed.length === expected.length && timingSafeEqual(computed, expected)
}
