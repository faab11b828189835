/** What a provider does where the RFCs leave a choice: pure data and renamings, no requests of its own but `api`. */
import type { InvalidReason } from "../validation.ts"
import type { ProviderApi } from "./provider-api.ts"
import type { RawClaims } from "./raw-claims.ts"

/** How tokens of an authorization server are validated. */
export type StrategyName = "introspection" | "jwt" | "hybrid" | "provider-api"

/** What the operator says of a provider that its documents do not. */
export interface ProviderSettings {
  /** Clients whose tokens are accepted; empty: of any client, as long as the audience is ours. */
  allowedClientIds: readonly string[]
  /** Tenants whose tokens are accepted, for an issuer of many tenants. */
  allowedTenants: readonly string[]
}

export interface ProviderPreset {
  /** As `AUTH_PROVIDER` names it. */
  name: string
  /** Whether an issuer is this provider's, by its host, and by its path where hosts are the operator's own. */
  recognizes(issuer: URL): boolean
  /** Why this issuer cannot work with these settings, as a sentence for the operator; undefined when it can. */
  problem?(issuer: URL, settings: ProviderSettings): string | undefined
  /**
   * The issuer that its document must name, when people configure something else: found there (GitHub: the host alone), unless
   * it has `{…}` in it, which is a name for many tenants and no place (Entra).
   */
  issuerOf?(configured: string): string
  /** What it can be validated by, the best first; `auto` takes the first whose needs are met. */
  strategies: readonly StrategyName[]
  /** `jwt`: whatever is no JWT is refused without asking. `either`: what is none is asked about. */
  accessTokens: "jwt" | "opaque" | "either"
  /** `typ` of an access token's header, in lower case without `application/`; "" stands for an absent one (RFC 9068 §4: `at+jwt`). */
  jwtTypes: readonly string[]
  /** Says what the provider says in the names of RFC 7662: `scope` as one string, `client_id`, `aud`, `sub`. */
  rename?(raw: RawClaims): RawClaims
  /** What tells an access token from an ID or refresh token, beyond `typ`, `token_type` and `token_use`. `raw` is not renamed. */
  isAccessToken?(raw: RawClaims): boolean
  /** Whether a token may name this issuer, when it may name another than the document's. `raw` is not renamed. */
  acceptsIssuer?(named: string, about: { documentIssuer: string; raw: RawClaims; settings: ProviderSettings }): boolean
  /** The issuer that a signing key may vouch for, when keys of one set belong to several (Entra). Undefined: to all. */
  keyIssuer?(jwk: RawClaims, raw: RawClaims): string | undefined
  /** The introspection endpoint, where metadata does not name it. */
  introspectionEndpoint?(issuer: string): string
  /** Hosts, beyond the issuer's own domain, that its documents may name for keys and introspection. */
  endpointHosts?: readonly string[]
  /** `client`: `aud` names the client, so that `ALLOWED_CLIENT_IDS` is the audience. */
  audience: "resource" | "client"
  /** `true`: a token that names no audience is judged by its client, which must be allowed. */
  audienceMayBeAbsent?: boolean
  /** Scopes of ours that every token has, where a provider has no scopes for an MCP server to define. */
  grantedScopes?: readonly string[]
  /** What clients are told to ask for there, in place of our own scopes. */
  advertisedScopes?: readonly string[]
  /** `provider-api` only. */
  api?: ProviderApi
  /** Said at start when something is possible but unwise. */
  warning?: string
  /** What an operator can do about tokens that are refused for this reason: worth one line in the log, once. */
  hints?: Readonly<Partial<Record<InvalidReason, string>>>
}
