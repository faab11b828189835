/** What resource servers are told when something is revoked: the entries of the stream `auth:revocations`. */

/** A revocation, by what it names. A follower drops everything that it remembers of the named thing. */
export type RevocationEvent =
  | { kind: "token"; grantId: string; jti: string }
  | { kind: "grant"; grantId: string }
  | { kind: "subject"; subject: string }
  | { kind: "client"; clientId: string }

/** The Redis stream that carries them, before `REDIS_KEY_PREFIX`. */
export const REVOCATION_STREAM = "auth:revocations"
