/** A client and a resource server, as the authorization server knows them (RFC 7591 §2, RFC 7662 §2.1). */
import type { JSONWebKeySet } from "jose"

export const GRANT_TYPES = ["authorization_code", "refresh_token", "client_credentials"] as const
export type GrantType = (typeof GRANT_TYPES)[number]

export const CLIENT_AUTH_METHODS = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"] as const
type ClientAuthMethod = (typeof CLIENT_AUTH_METHODS)[number]

/** A client. Its secret is known here by its hash only. */
export interface Client {
  clientId: string
  clientName: string
  redirectUris: readonly string[]
  grantTypes: readonly GrantType[]
  authMethod: ClientAuthMethod
  /** SHA-256 of the secret, base64url; absent for `none` and `private_key_jwt`. */
  secretHash?: string
  /** Public keys for `private_key_jwt`. */
  jwks?: JSONWebKeySet
  /** Scopes it may ask for. */
  scopes: readonly string[]
  clientUri?: string
  logoUri?: string
  policyUri?: string
  tosUri?: string
  softwareId?: string
  softwareVersion?: string
  contacts?: readonly string[]
  /** Seconds since 1970. */
  issuedAt: number
  /** How it came to be known: by registration, from the operator's file, or from its own metadata document. */
  source: "registered" | "pre-registered" | "metadata-document"
}

/** Who may introspect, and tokens of which audience it sees. Only the operator's file makes one. */
export interface ResourceServer {
  clientId: string
  secretHash: string
  /** Canonical resource URLs. */
  resources: readonly string[]
}
