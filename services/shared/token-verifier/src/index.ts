/** The public face of the token verifier. */

export type { DiscoveredMetadata } from "./discovery/discovery.ts"
export { type ClientCredentials, parseAssertionKey } from "./http/client-authentication.ts"
export type { Introspect, Introspection } from "./introspection.ts"
export type { Log } from "./log.ts"
export { asOAuthTokenVerifier, type CreateOAuthError, type VerifiedAuthInfo } from "./mcp-adapter.ts"
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
export { createTokenVerifier, type ServerReport, type TokenVerifier } from "./token-verifier.ts"
export { Unavailable } from "./unavailable.ts"
export type { InvalidReason, UnavailableReason, Validation, VerifiedClaims } from "./validation.ts"
export { WrongConfiguration } from "./wrong-configuration.ts"
