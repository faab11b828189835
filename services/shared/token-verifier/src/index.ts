/** The public face of the token verifier. */

export type { DiscoveredMetadata } from "./discovery.ts"
export { followRevocations, type RevocationFollower, type StreamConnection } from "./follow-revocations.ts"
export type { HttpAuthorityOptions } from "./http-authority.ts"
export type { InProcessIntrospect } from "./in-process-authority.ts"
export type { Introspect, Introspection } from "./introspection.ts"
export type { CacheBounds } from "./local-cache.ts"
export type { Log } from "./log.ts"
export { localRevocations, mergeRevocations, type RevocationFeed, type RevocationSource } from "./revocation-feed.ts"
export {
  createTokenVerifier,
  type TokenVerifier,
  type TokenVerifierOptions,
} from "./token-verifier.ts"
export { Unavailable } from "./unavailable.ts"
export type { InvalidReason, UnavailableReason, Validation, VerifiedClaims } from "./validation.ts"
export { WrongConfiguration } from "./wrong-configuration.ts"
