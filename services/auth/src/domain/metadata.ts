/** Authorization server metadata (RFC 8414): only what works. */
import { type AuthorizationServerMetadata, endpointOf, MCP_SCOPES } from "@gatehouse/oauth"
import { CLIENT_AUTH_METHODS, GRANT_TYPES } from "./client.ts"
import { ASSERTION_ALGORITHMS } from "./client-assertion.ts"

export const metadataOf = ({
  issuer,
  resources,
}: {
  issuer: string
  resources: readonly string[]
}): AuthorizationServerMetadata => ({
  issuer,
  authorization_endpoint: endpointOf(issuer, "/authorize"),
  token_endpoint: endpointOf(issuer, "/token"),
  jwks_uri: endpointOf(issuer, "/jwks"),
  registration_endpoint: endpointOf(issuer, "/register"),
  introspection_endpoint: endpointOf(issuer, "/introspect"),
  revocation_endpoint: endpointOf(issuer, "/revoke"),
  scopes_supported: MCP_SCOPES,
  response_types_supported: ["code"],
  response_modes_supported: ["query"],
  grant_types_supported: GRANT_TYPES,
  token_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
  token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
  introspection_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
  revocation_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
  revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
  code_challenge_methods_supported: ["S256"],
  authorization_response_iss_parameter_supported: true,
  client_id_metadata_document_supported: false,
  protected_resources: resources,
  gatehouse_access_token_type: "at+jwt",
})
