/** The public face of the token verifier. */

export type { DiscoveredMetadata } from "./discovery/discovery.ts"
export { type ClientCredentials, parseAssertionKey } from "./http/client-authentication.ts"
export type { Introspect, Introspection } from "./introspection.ts"
export type { Log } from "./log.ts"
export { asOAuthTokenVerifier, type CreateOAuthError, type VerifiedAuthInfo } from "./mcp-adapter.ts"
export {
  CACHE_TIERS,
  INTROSPECTION_RESULTS,
  type ObservedValidation,
  type Observer,
  SERVER_POSITIONS,
  STRATEGY_LABELS,
} from "./observer.ts"
export type {
  AuthorizationServerOptions,
  CacheBounds,
  InProcessServer,
  Limits,
  SharedCacheConnection,
  TokenVerifierOptions,
} from "./options.ts"
export type { StrategyName } from "./providers/preset.ts"
export { followRevocations, type RevocationFollower, type StreamConnection } from "./revocation/follow-revocations.ts"
export {
  localRevocations,
  mergeRevocations,
  type RevocationFeed,
  type RevocationSource,
} from "./revocation/revocation-feed.ts"
export type { InProcessIntrospect } from "./servers/in-process-authority.ts"
export { createTokenVerifier, type ServerReport, type ServerStats, type TokenVerifier } from "./token-verifier.ts"
export { CACHE_LABELS, type CacheLabel } from "./trail.ts"
export { Unavailable } from "./unavailable.ts"
export {
  INVALID_REASONS,
  type InvalidReason,
  UNAVAILABLE_REASONS,
  type UnavailableReason,
  type Validation,
  type VerifiedClaims,
} from "./validation.ts"
export { WrongConfiguration } from "./wrong-configuration.ts"
