/** The life of one authorization: asked for (pending), approved (code), granted (grant), and the tokens issued from it. */

/** An authorization request that was checked and waits for its resource owner (RFC 6749 §4.1.1). */
export interface PendingAuthorization {
  clientId: string
  redirectUri: string
  state?: string
  scopes: readonly string[]
  /** Canonical resource URL: the audience of the tokens (RFC 8707 §2). */
  resource: string
  codeChallenge: string
  /** SHA-256 of the browser's binding cookie: the browser that was asked is the browser that finishes. */
  browserHash: string
  /** Set by approval; a pending authorization is signed in for only after it. */
  approvedAt?: number
  expiresAt: number
}

/** What an authorization code stands for until it is redeemed (RFC 6749 §4.1.2). */
export interface CodeAuthorization {
  grantId: string
  clientId: string
  redirectUri: string
  codeChallenge: string
  resource: string
  scope: string
  expiresAt: number
}

/**
 * What a resource owner (or a client, for itself) allowed: tokens are issued from it and die with it.
 * Flat, of strings and numbers only: scripts in Redis rewrite it, and their JSON turns an empty list into an object.
 */
export interface Grant {
  grantId: string
  subject: string
  clientId: string
  /** Space-separated; the widest that tokens of this grant may have. */
  scope: string
  resource: string
  /** Seconds since 1970. */
  createdAt: number
  /** Nothing of this grant lives longer than this. */
  absoluteExpiresAt: number
  /** 0 until tokens are issued, then 1; from then on the number of the newest refresh token. */
  generation: number
  /** When the newest refresh token replaced the one before it. */
  rotatedAt: number
  /** 0 while alive. */
  revokedAt: number
}

/** SHA-256 of a token, a code or an id, base64url. Only hashes reach a store. */
export type Hash = string
