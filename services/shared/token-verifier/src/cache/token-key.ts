/** The name under which a token is remembered: SHA-256, so that no cache holds a token. */
import { createHash } from "node:crypto"

const jwt = /^(eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/

/** Several strings decode to one JWT signature (RFC 4648 §3.5, spare bits at the end): they are one token, under one key. */
export function tokenKey(token: string): string {
  const [, signed, signature] = jwt.exec(token) ?? []
  const canonical = signature ? `${signed}.${Buffer.from(signature, "base64url").toString("base64url")}` : token
  return createHash("sha256").update(canonical).digest("base64url")
}
