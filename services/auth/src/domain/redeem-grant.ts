/** What a grant type has to do (RFC 6749 §1.3), and what it is given for it. */
import type { Parameters } from "@gatehouse/oauth"
import type { Audit } from "./audit.ts"
import type { Client } from "./client.ts"
import type { Redeemed } from "./issue-tokens.ts"
import type { Stores } from "./ports.ts"
import type { SigningKeys } from "./signing-keys.ts"

export interface TokenRequest {
  client: Client
  parameters: Parameters
  /** Names this request: a command that the store gets twice is one attempt. */
  attempt: string
}

export interface TokenDependencies {
  config: {
    issuer: string
    resources: readonly string[]
    accessTokenTtlSeconds: number
    refreshTokenTtlSeconds: number
  }
  stores: Pick<Stores, "authorizationCodes" | "clients" | "grants" | "revocations">
  signingKeys: SigningKeys
  audit: Audit
  /** Seconds since 1970. */
  now: () => number
}

/** A grant type's own part of a token request: what of the grant becomes tokens, and how that is remembered. */
export type RedeemGrant = (request: TokenRequest, deps: TokenDependencies) => Promise<Redeemed>
