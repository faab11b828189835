/** Refresh tokens: how long each lives, and how a successor is kept for a client that lost the answer. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"
import type { Grant } from "./authorization.ts"
import { hashOf } from "./hash.ts"
import { createOpaqueToken } from "./opaque-token.ts"
import type { RefreshTokenRecord } from "./ports.ts"

export interface RefreshTokenDependencies {
  config: { refreshTokenTtlSeconds: number }
  now: () => number
}

/** A new refresh token of a grant, and what is remembered of it. */
export function createRefreshToken(
  grant: Grant,
  { config, now }: RefreshTokenDependencies,
): { refreshToken: string; record: RefreshTokenRecord } {
  const refreshToken = createOpaqueToken("refresh-token", grant.grantId)
  const expiresAt = Math.min(now() + config.refreshTokenTtlSeconds, grant.absoluteExpiresAt)
  return { refreshToken, record: { hash: hashOf(refreshToken), expiresAt } }
}

const IV_BYTES = 12
const TAG_BYTES = 16

// The store knows the presented token by its hash only, so that it cannot derive this key.
const keyFrom = (presented: string): Buffer =>
  Buffer.from(hkdfSync("sha256", presented, "", "gatehouse refresh token successor", 32))

/** Encrypts a successor so that only whoever has the token it replaces reads it (AES-256-GCM). */
export function sealSuccessor(successor: string, presented: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv("aes-256-gcm", keyFrom(presented), iv)
  return Buffer.concat([iv, cipher.update(successor, "utf8"), cipher.final(), cipher.getAuthTag()]).toString(
    "base64url",
  )
}

/** The successor; undefined when it was not sealed under this token. */
export function unsealSuccessor(sealed: string, presented: string): string | undefined {
  const bytes = Buffer.from(sealed, "base64url")
  if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined
  const decipher = createDecipheriv("aes-256-gcm", keyFrom(presented), bytes.subarray(0, IV_BYTES))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES))
    return Buffer.concat([text, decipher.final()]).toString("utf8")
  } catch {
    return undefined
  }
}
