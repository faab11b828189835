/** Every store the authorization server needs, and what each promises when many ask at once. */
import type { AccessTokenClaims, RevocationEvent } from "@gatehouse/oauth"
import type { CodeAuthorization, Grant, Hash, PendingAuthorization } from "./authorization.ts"
import type { Client } from "./client.ts"

/**
 * Common to all: a store that cannot answer within its bound throws OAuthError `temporarily_unavailable`, and never answers
 * "not there" instead. A record past its expiry, by the injected clock, is not there. Times are seconds since 1970.
 */

/** Registered clients. */
export interface Clients {
  find(clientId: string): Promise<Client | undefined>
  save(client: Client, expiresAt: number): Promise<void>
  /** Moves the expiry later, never earlier; an unknown client stays unknown. */
  renew(clientId: string, expiresAt: number): Promise<void>
}

/** Authorization requests that wait for their resource owner. */
export interface PendingAuthorizations {
  save(id: Hash, pending: PendingAuthorization): Promise<void>
  find(id: Hash): Promise<PendingAuthorization | undefined>
  /** Marks it approved, keeping its expiry. False when it is not there any more. Approving twice is approving once. */
  approve(id: Hash, approvedAt: number): Promise<boolean>
  /** Takes it out, atomically: of fifty callers one gets it. The same attempt asking again (a re-sent command) gets it again. */
  take(id: Hash, attempt: string): Promise<PendingAuthorization | undefined>
  /** Takes it out for nobody. */
  discard(id: Hash): Promise<void>
}

/** What `take` found: the authorization, once; afterwards only that the code was used. */
export type TakenCode =
  | { kind: "taken"; authorization: CodeAuthorization }
  | { kind: "used"; authorization: CodeAuthorization }
  | { kind: "unknown" }

/** Authorization codes. The grant's id names the slot; the hash names the code in it. */
export interface AuthorizationCodes {
  save(code: Hash, authorization: CodeAuthorization): Promise<void>
  /** Looks without taking: what must be checked first is checked first. A used code answers "used". */
  find(grantId: string, code: Hash): Promise<TakenCode>
  /** Takes it, atomically: of two callers one gets "taken", the other "used". The same attempt asking again gets "taken" again. */
  take(grantId: string, code: Hash, attempt: string): Promise<TakenCode>
  /** Counts a failed verifier; at the limit the code is gone. Returns how many tries are left. */
  recordFailure(grantId: string, code: Hash, limit: number): Promise<number>
}

/** An access token to remember: the hash of its canonical string, and what introspection answers. */
export interface AccessTokenRecord {
  hash: Hash
  claims: AccessTokenClaims
}

export interface RefreshTokenRecord {
  hash: Hash
  expiresAt: number
}

export interface Rotation {
  grantId: string
  /** The refresh token that was presented. */
  presented: Hash
  /** What replaces it, unless it was already replaced a moment ago. */
  successor: RefreshTokenRecord
  /** The successor encrypted under the presented token: whoever has that one, and nobody else, reads it for `graceSeconds`. */
  sealedSuccessor: string
  graceSeconds: number
  /** Remembered in the same step, whichever successor it travels with. */
  accessToken: AccessTokenRecord
}

export type Rotated =
  /** The presented token was the newest: the proposed successor replaces it. */
  | { kind: "rotated" }
  /** It was replaced within the grace by a successor that is still unused: here that one is again, sealed. */
  | { kind: "repeated"; sealedSuccessor: string }
  /** It was replaced, and the successor was used or the grace is over: the grant is revoked in the same step. */
  | { kind: "reused" }
  /** Never issued, expired, or its grant is gone. Nothing changed. */
  | { kind: "unknown" }

/**
 * Grants and the tokens issued from them, of one Redis slot each.
 * A revoked grant stays as a tombstone until nothing of it could live any more, so that no late write revives it.
 */
export interface Grants {
  /**
   * Remembers a grant until `expiresAt`, and that its subject and its client have it (indexed first, so that a revocation by
   * subject or client that runs meanwhile leaves a tombstone). False when it was revoked before it began.
   */
  create(grant: Grant, expiresAt: number): Promise<boolean>
  /** A revoked grant is found, with `revokedAt`. */
  find(grantId: string): Promise<Grant | undefined>
  /**
   * Remembers newly issued tokens, and keeps the grant at least as long as they live; atomically, and only while the grant
   * is alive: false otherwise, with nothing remembered. A refresh token issued here is the grant's first; with or without one,
   * the grant's generation is 1 from then on: that is how a replay of its code knows that there is something to revoke.
   */
  issue(grantId: string, accessToken: AccessTokenRecord, refreshToken?: RefreshTokenRecord): Promise<boolean>
  /** Rotates a refresh token, atomically: of fifty callers with one token, one rotates and the rest repeat its successor. */
  rotate(rotation: Rotation): Promise<Rotated>
  /** Claims of a live access token of a live grant: one round trip. */
  introspect(grantId: string, accessToken: Hash): Promise<AccessTokenClaims | undefined>
  /** Whether this is a refresh token of the grant, used ones included. */
  hasRefreshToken(grantId: string, refreshToken: Hash): Promise<boolean>
  /** Revokes one access token; its claims, also when it was revoked before (so that a lost answer can be asked for again). */
  revokeAccessToken(grantId: string, accessToken: Hash): Promise<AccessTokenClaims | undefined>
  /** Revokes the grant with everything issued from it. Leaves a tombstone even where there was no grant yet. */
  revoke(grantId: string): Promise<void>
  /** Ids of grants of a subject or of a client, a page at a time, so that a hundred thousand do not fill memory. One may come twice. */
  list(of: { subject: string } | { clientId: string }): AsyncIterable<readonly string[]>
}

/** Tells resource servers what was revoked: appended to `auth:revocations`, in order. */
export interface Revocations {
  publish(event: RevocationEvent): Promise<void>
}

/** One-time values: the `jti` of client assertions (RFC 7523 §3). */
export interface Replays {
  /** True the first time, atomically; the same attempt asking again is still the first. */
  first(value: Hash, attempt: string, expiresAt: number): Promise<boolean>
}

/** Signing keys made in development, so that a restart on the same Redis keeps its tokens valid. Never used in production. */
export interface DevelopmentKeys {
  /** The stored keys; or, when there are none, `made`, which is then the stored one: of two processes that start at once, both get the same. */
  findOrSave(made: string): Promise<string>
}

/** All stores of one kind, opened together and closed together. */
export interface Stores {
  clients: Clients
  pendingAuthorizations: PendingAuthorizations
  authorizationCodes: AuthorizationCodes
  grants: Grants
  revocations: Revocations
  replays: Replays
  developmentKeys: DevelopmentKeys
  /** Warnings about the store's own configuration, for start-up and `/health` (an evicting Redis, memory that a restart loses). */
  warnings(): Promise<readonly string[]>
  /** @throws OAuthError `temporarily_unavailable` when it does not answer */
  ping(): Promise<void>
  close(): Promise<void>
}

/** Who the resource owner is: a page of ours asks (demo), or, later, an upstream provider says (oidc, github). */
export interface Identity {
  /** What the sign-in page asks; an upstream provider answers with where to send the browser instead. */
  begin(pendingId: Hash): Promise<{ kind: "page" } | { kind: "redirect"; location: string }>
  /** The subject, from what the browser sent. Prefixed by its authority, so that two never collide; never a default. */
  authenticate(parameters: ReadonlyMap<string, string>): Promise<{ subject: string } | { problem: string }>
}

/** Finds a client wherever clients are known: the operator's file, registration, and later its own metadata document. */
export type FindClient = (clientId: string) => Promise<Client | undefined>
