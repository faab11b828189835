/** The public face of the token verifier. */

export type { CacheBounds } from "./cache/local-cache.ts"
export type { DiscoveredMetadata } from "./discovery/discovery.ts"
export type { Introspect, Introspection } from "./introspection.ts"
export type { Log } from "./log.ts"
export { followRevocations, type RevocationFollower, type StreamConnection } from "./revocation/follow-revocations.ts"
export {
  localRevocations,
  mergeRevocations,
  type RevocationFeed,
  type RevocationSource,
} from "./revocation/revocation-feed.ts"
export type { HttpAuthorityOptions } from "./servers/http-authority.ts"
export type { InProcessIntrospect } from "./servers/in-process-authority.ts"
export {
  createTokenVerifier,
  type TokenVerifier,
  type TokenVerifierOptions,
} from "./token-verifier.ts"
export { Unavailable } from "./unavailable.ts"
export type { InvalidReason, UnavailableReason, Validation, VerifiedClaims } from "./validation.ts"
export { WrongConfiguration } from "./wrong-configuration.ts"
