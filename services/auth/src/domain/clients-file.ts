/** `CLIENTS_FILE`: the clients and resource servers that the operator knows, checked before anything starts. */
import {
  canonicalResource,
  checkRedirectUri,
  MCP_SCOPES,
  OAuthError,
  parseScope,
  unknownMembers,
} from "@gatehouse/oauth"
import { z } from "zod"
import { CLIENT_AUTH_METHODS, type Client, GRANT_TYPES, type ResourceServer } from "./client.ts"
import { checkPublicKeys } from "./client-keys.ts"
import { hashOf } from "./hash.ts"
import type { Clients, FindClient } from "./ports.ts"

export interface ClientsFile {
  clients: readonly Client[]
  resourceServers: readonly ResourceServer[]
}

/** Of whoever the operator names, here or in the environment. */
export const OPERATOR_ID_FORM = /^[\x21-\x7e]{1,200}$/
export const MIN_SECRET_LENGTH = 32

const id = z.string().regex(OPERATOR_ID_FORM, "has 1 to 200 printable ASCII characters")
const secret = z
  .string()
  .min(MIN_SECRET_LENGTH, `has at least ${MIN_SECRET_LENGTH} random characters, such as openssl rand -base64 32 makes`)

const clientSchema = z.strictObject({
  client_id: id,
  client_secret: secret.optional(),
  client_name: z.string().default(""),
  redirect_uris: z.array(z.string().transform(orIssue(checkRedirectUri))).default([]),
  grant_types: z.array(z.enum(GRANT_TYPES)).min(1).optional(),
  response_types: z.array(z.literal("code")).optional(),
  token_endpoint_auth_method: z.enum(CLIENT_AUTH_METHODS).optional(),
  jwks: z
    .unknown()
    .transform(orIssue((jwks) => (jwks === undefined ? undefined : checkPublicKeys(jwks))))
    .optional(),
  scope: z.string().transform(orIssue(knownScopes)).optional(),
  client_uri: z.url().optional(),
  logo_uri: z.url().optional(),
  policy_uri: z.url().optional(),
  tos_uri: z.url().optional(),
})

const fileSchema = z.strictObject({
  clients: z.array(clientSchema.transform(orIssue(clientFrom))).default([]),
  resource_servers: z
    .array(
      z.strictObject({
        client_id: id,
        client_secret: secret,
        resources: z.array(z.string().transform(orIssue(canonicalResource))).min(1),
      }),
    )
    .default([]),
})

/**
 * Parses the file.
 * @throws Error with one sentence a problem, each with its place, and no secret in any
 */
export function parseClientsFile(text: string): ClientsFile {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Error("is not JSON")
  }
  const result = fileSchema.safeParse(json)
  if (!result.success) throw new Error(result.error.issues.map(sentenceOf).join("; "))
  const resourceServers = result.data.resource_servers.map(({ client_id, client_secret, resources }) => ({
    clientId: client_id,
    secretHash: hashOf(client_secret),
    resources,
  }))
  const { clients } = result.data
  checkIds(clients, resourceServers)
  return { clients, resourceServers }
}

const sentenceOf = (issue: z.core.$ZodIssue): string =>
  `${issue.path.join(".") || "the file"}: ${issue.code === "unrecognized_keys" ? unknownMembers(issue.keys) : issue.message}`

/** By their places: a secret may stand where an id belongs. */
function checkIds(clients: readonly Client[], resourceServers: readonly ResourceServer[]): void {
  const seen = new Map<string, string>()
  const check = (place: string, clientId: string) => {
    const first = seen.get(clientId)
    if (first !== undefined) throw new Error(`${place} has the client_id of ${first}`)
    seen.set(clientId, place)
  }
  for (const [index, { clientId }] of clients.entries()) check(`clients.${index}`, clientId)
  for (const [index, { clientId }] of resourceServers.entries()) check(`resource_servers.${index}`, clientId)
}

/** The operator's clients first: nobody can register one of their names, and no store is asked for them. */
export function createFindClient({ clients }: ClientsFile, registered: Pick<Clients, "find">): FindClient {
  const known = new Map(clients.map((client) => [client.clientId, client]))
  return async (clientId) => known.get(clientId) ?? registered.find(clientId)
}

function clientFrom(metadata: z.output<typeof clientSchema>): Client {
  const { client_secret, jwks, redirect_uris: redirectUris } = metadata
  const authMethod =
    metadata.token_endpoint_auth_method ?? (jwks === undefined ? "client_secret_basic" : "private_key_jwt")
  const hasSecret = authMethod === "client_secret_basic" || authMethod === "client_secret_post"
  if (hasSecret !== (client_secret !== undefined))
    throw new Error(hasSecret ? `${authMethod} needs client_secret` : `${authMethod} has no client_secret`)
  if ((authMethod === "private_key_jwt") !== (jwks !== undefined))
    throw new Error(jwks === undefined ? "private_key_jwt needs jwks" : `${authMethod} has no jwks`)
  const grantTypes = metadata.grant_types ?? (["authorization_code", "refresh_token"] as const)
  if (grantTypes.includes("authorization_code") && redirectUris.length === 0)
    throw new Error("authorization_code needs redirect_uris")
  if (grantTypes.includes("client_credentials") && authMethod === "none")
    throw new Error("client_credentials needs a client that can authenticate")
  return {
    clientId: metadata.client_id,
    clientName: metadata.client_name,
    redirectUris,
    grantTypes,
    authMethod,
    scopes: metadata.scope ?? MCP_SCOPES,
    issuedAt: 0,
    source: "pre-registered",
    ...(client_secret !== undefined && { secretHash: hashOf(client_secret) }),
    ...(jwks !== undefined && { jwks }),
    ...(metadata.client_uri !== undefined && { clientUri: metadata.client_uri }),
    ...(metadata.logo_uri !== undefined && { logoUri: metadata.logo_uri }),
    ...(metadata.policy_uri !== undefined && { policyUri: metadata.policy_uri }),
    ...(metadata.tos_uri !== undefined && { tosUri: metadata.tos_uri }),
  }
}

function knownScopes(scope: string): string[] {
  const known: readonly string[] = MCP_SCOPES
  const scopes = parseScope(scope)
  if (scopes.length === 0 || scopes.some((each) => !known.includes(each)))
    throw new Error(`known are ${known.join(", ")}`)
  return scopes
}

/** A rule of the domain, told as one of the file's problems. */
function orIssue<In, Out>(rule: (value: In) => Out) {
  return (value: In, context: z.RefinementCtx): Out => {
    try {
      return rule(value)
    } catch (error) {
      const message = error instanceof OAuthError ? error.description : (error as Error).message
      context.addIssue({ code: "custom", message })
      return z.NEVER
    }
  }
}
