/** The two metadata documents of MCP authorization, as the wire has them. */

/** Authorization server metadata (RFC 8414 §2), the members that Gatehouse publishes. */
export interface AuthorizationServerMetadata {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
  jwks_uri: string
  registration_endpoint: string
  introspection_endpoint: string
  revocation_endpoint: string
  scopes_supported: readonly string[]
  response_types_supported: readonly string[]
  response_modes_supported: readonly string[]
  grant_types_supported: readonly string[]
  token_endpoint_auth_methods_supported: readonly string[]
  token_endpoint_auth_signing_alg_values_supported: readonly string[]
  introspection_endpoint_auth_methods_supported: readonly string[]
  introspection_endpoint_auth_signing_alg_values_supported?: readonly string[]
  revocation_endpoint_auth_methods_supported: readonly string[]
  revocation_endpoint_auth_signing_alg_values_supported?: readonly string[]
  code_challenge_methods_supported: readonly string[]
  /** RFC 9207 §3 */
  authorization_response_iss_parameter_supported: boolean
  /** Client ID Metadata Documents: true only when they are on. */
  client_id_metadata_document_supported: boolean
  service_documentation?: string
  /** RFC 9728 §4: the resources that tokens are issued for. */
  protected_resources: readonly string[]
  /** Ours alone: every access token is a JWT of this `typ` (RFC 9068), so that a resource server need not ask about anything else. */
  gatehouse_access_token_type: "at+jwt"
}

/** Protected resource metadata (RFC 9728 §2). */
export interface ProtectedResourceMetadata {
  resource: string
  authorization_servers: readonly string[]
  scopes_supported: readonly string[]
  bearer_methods_supported: readonly string[]
  resource_name: string
  resource_documentation?: string
}
