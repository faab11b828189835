/** Dynamic client registration (RFC 7591): what a client may say about itself, and what is kept of it. */
import { randomUUID } from "node:crypto"
import { checkRedirectUri, formatScope, MCP_SCOPES, OAuthError, parseScope } from "@gatehouse/oauth"
import { z } from "zod"
import { CLIENT_AUTH_METHODS, type Client, type GrantType } from "./client.ts"
import { checkPublicKeys } from "./client-keys.ts"
import { hashOf, newSecret } from "./hash.ts"

const MAX_REDIRECT_URIS = 20

/** What registration offers. `client_credentials` is for clients of the operator's file: a stranger must not get a token by itself. */
const registrableGrantTypes: readonly GrantType[] = ["authorization_code", "refresh_token"]

const text = z.string().min(1).max(200)
const webPage = z.string().max(2048).refine(isWebPage, "must be an https URL without a fragment")
const names = z.array(z.string().max(200)).max(20)

// What is not listed is ignored (RFC 7591 §2): `client_id` and `client_secret` above all, which are ours to choose.
const metadataSchema = z.object({
  redirect_uris: z.unknown().optional(),
  client_name: text.optional(),
  client_uri: webPage.optional(),
  logo_uri: webPage.optional(),
  policy_uri: webPage.optional(),
  tos_uri: webPage.optional(),
  contacts: names.optional(),
  software_id: text.optional(),
  software_version: text.optional(),
  software_statement: z.unknown().optional(),
  scope: z.string().max(1000).optional(),
  // Clients that register for nothing in particular expect to stay connected; what they get is echoed.
  grant_types: names.default([...registrableGrantTypes]),
  response_types: names.default(["code"]),
  token_endpoint_auth_method: z.enum(CLIENT_AUTH_METHODS).default("client_secret_basic"),
  jwks: z.unknown().optional(),
  jwks_uri: z.unknown().optional(),
})
type Metadata = z.infer<typeof metadataSchema>

export interface Registration {
  client: Client
  /** Shown to the client once; only its hash is kept. */
  clientSecret?: string
}

const refuse = (why: string): never => {
  throw new OAuthError("invalid_client_metadata", why)
}

/**
 * Makes a client of the metadata it sent.
 * @param now seconds since 1970
 * @throws OAuthError `invalid_client_metadata`, `invalid_redirect_uri`, `invalid_software_statement` (RFC 7591 §3.2.2)
 */
export function registerClient(body: unknown, now: number): Registration {
  const metadata = parseMetadata(body)
  const redirectUris = checkRedirectUris(metadata.redirect_uris)
  const authMethod = metadata.token_endpoint_auth_method
  const hasSecret = authMethod === "client_secret_basic" || authMethod === "client_secret_post"
  const clientSecret = hasSecret ? newSecret() : undefined
  const client: Client = {
    clientId: randomUUID(),
    clientName: metadata.client_name ?? "",
    redirectUris,
    grantTypes: grantTypesOf(metadata),
    authMethod,
    scopes: scopesOf(metadata),
    issuedAt: Math.floor(now),
    source: "registered",
    ...(clientSecret !== undefined && { secretHash: hashOf(clientSecret) }),
    ...(authMethod === "private_key_jwt" && { jwks: checkPublicKeys(metadata.jwks) }),
    ...(metadata.client_uri !== undefined && { clientUri: metadata.client_uri }),
    ...(metadata.logo_uri !== undefined && { logoUri: metadata.logo_uri }),
    ...(metadata.policy_uri !== undefined && { policyUri: metadata.policy_uri }),
    ...(metadata.tos_uri !== undefined && { tosUri: metadata.tos_uri }),
    ...(metadata.software_id !== undefined && { softwareId: metadata.software_id }),
    ...(metadata.software_version !== undefined && { softwareVersion: metadata.software_version }),
    ...(metadata.contacts !== undefined && { contacts: metadata.contacts }),
  }
  return { client, ...(clientSecret !== undefined && { clientSecret }) }
}

/** The answer of RFC 7591 §3.2.1: what was registered, which is what will be enforced. */
export const registrationResponse = ({ client, clientSecret }: Registration) => ({
  client_id: client.clientId,
  // 0: the secret itself never expires (RFC 7591 §3.2.1); a client that is not used is forgotten with its secret.
  ...(clientSecret !== undefined && { client_secret: clientSecret, client_secret_expires_at: 0 }),
  client_id_issued_at: client.issuedAt,
  ...(client.clientName !== "" && { client_name: client.clientName }),
  redirect_uris: client.redirectUris,
  grant_types: client.grantTypes,
  response_types: ["code"],
  token_endpoint_auth_method: client.authMethod,
  scope: formatScope(client.scopes),
  jwks: client.jwks,
  client_uri: client.clientUri,
  logo_uri: client.logoUri,
  policy_uri: client.policyUri,
  tos_uri: client.tosUri,
  software_id: client.softwareId,
  software_version: client.softwareVersion,
  contacts: client.contacts,
})

function parseMetadata(body: unknown): Metadata {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    return refuse("the client metadata must be a JSON object")
  // Clients send "" and null for what they do not have; both mean absent.
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== ""))
  const result = metadataSchema.safeParse(given)
  if (!result.success) {
    const issue = result.error.issues[0]
    return refuse(`${String(issue?.path[0] ?? "metadata")}: ${issue?.message ?? "not understood"}`)
  }
  const metadata = result.data
  if (metadata.software_statement !== undefined)
    throw new OAuthError("invalid_software_statement", "software statements are not accepted")
  if (metadata.jwks_uri !== undefined) return refuse("jwks_uri is not fetched: send the keys as jwks")
  return metadata
}

function checkRedirectUris(uris: unknown): string[] {
  if (!Array.isArray(uris) || uris.length === 0)
    throw new OAuthError("invalid_redirect_uri", "redirect_uris must be a list of at least one redirect URI")
  if (uris.length > MAX_REDIRECT_URIS)
    throw new OAuthError("invalid_redirect_uri", `at most ${MAX_REDIRECT_URIS} redirect URIs can be registered`)
  return [...new Set(uris.map(checkRedirectUri))]
}

/** Types that are not offered are left out rather than refused (RFC 7591 §2): clients in wide use list all they could do. */
function grantTypesOf(metadata: Metadata): GrantType[] {
  const grantTypes = registrableGrantTypes.filter((type) => metadata.grant_types.includes(type))
  if (!grantTypes.includes("authorization_code") || !metadata.response_types.includes("code"))
    return refuse("a client registers for the grant type authorization_code with the response type code")
  return grantTypes
}

function scopesOf(metadata: Metadata): string[] {
  if (metadata.scope === undefined) return [...MCP_SCOPES]
  const known: readonly string[] = MCP_SCOPES
  try {
    const scopes = parseScope(metadata.scope)
    return scopes.every((scope) => known.includes(scope)) ? scopes : refuse(`scope: known are ${known.join(", ")}`)
  } catch (cause) {
    throw new OAuthError("invalid_client_metadata", "scope: not a list of known scopes", { cause })
  }
}

/** A page to link to, never to fetch: https, or http on this machine for what is being developed. */
function isWebPage(text: string): boolean {
  if (!URL.canParse(text) || text.includes("#") || /\s/.test(text)) return false
  const url = new URL(text)
  return (
    url.protocol === "https:" || (url.protocol === "http:" && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname))
  )
}
