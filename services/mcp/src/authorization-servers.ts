/** Whose tokens are accepted: from the environment, or from `AUTH_SERVERS_FILE` where each authorization server has settings of its own. */
import { checkServiceUrl, unknownMembers } from "@gatehouse/oauth"
import { ConfigurationError } from "@gatehouse/service-kit"
import {
  type AuthorizationServerOptions,
  type ClientCredentials,
  parseAssertionKey,
  WrongConfiguration,
} from "@gatehouse/token-verifier"
import { z } from "zod"

export const STRATEGIES = ["auto", "introspection", "jwt", "hybrid", "provider-api"] as const
export const CLIENT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"] as const

const list = z.array(z.string().min(1)).default([])

/** The same settings as those of the environment, by the same names in lower case. */
const serverSchema = z.strictObject({
  auth_server_url: z.url({ protocol: /^https?$/ }),
  auth_server_internal_url: z.url({ protocol: /^https?$/ }).optional(),
  auth_provider: z.string().optional(),
  token_validation: z.enum(STRATEGIES).default("auto"),
  introspection_client_id: z.string().min(1).optional(),
  introspection_client_secret: z.string().min(1).optional(),
  introspection_auth_method: z.enum(CLIENT_AUTH_METHODS).default("client_secret_basic"),
  introspection_private_key: z.record(z.string(), z.unknown()).optional(),
  introspection_url: z.url({ protocol: /^https?$/ }).optional(),
  jwks_url: z.url({ protocol: /^https?$/ }).optional(),
  allowed_client_ids: list,
  allowed_audiences: list,
  allowed_tenants: list,
  scope_prefix: z.string().default(""),
})

type ServerSettings = z.infer<typeof serverSchema>

const fileSchema = z.strictObject({ authorization_servers: z.array(serverSchema).min(1) })

/**
 * Reads `AUTH_SERVERS_FILE`.
 * @throws Error with one sentence a problem, each with its place, and no secret in any
 */
export function parseAuthorizationServers(text: string): AuthorizationServerOptions[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Error("is not JSON")
  }
  const result = fileSchema.safeParse(json)
  if (result.success) return result.data.authorization_servers.map(optionsFrom)
  throw new Error(result.error.issues.map(sentenceOf).join("; "))
}

const sentenceOf = (issue: z.core.$ZodIssue): string =>
  `${issue.path.join(".")}: ${issue.code === "unrecognized_keys" ? unknownMembers(issue.keys) : issue.message}`

/** What the environment says of one or several authorization servers; what it says beside their issuers holds for all of them. */
export interface ServersInEnvironment {
  AUTH_SERVER_URL: readonly string[] | undefined
  AUTH_SERVER_INTERNAL_URL: string | undefined
  AUTH_SERVERS_FILE: readonly AuthorizationServerOptions[] | undefined
  AUTH_PROVIDER: string | undefined
  TOKEN_VALIDATION: (typeof STRATEGIES)[number]
  INTROSPECTION_CLIENT_ID: string | undefined
  INTROSPECTION_CLIENT_SECRET: string | undefined
  INTROSPECTION_AUTH_METHOD: (typeof CLIENT_AUTH_METHODS)[number]
  INTROSPECTION_PRIVATE_KEY: string | undefined
  INTROSPECTION_URL: string | undefined
  JWKS_URL: string | undefined
  ALLOWED_CLIENT_IDS: readonly string[]
  ALLOWED_AUDIENCES: readonly string[]
  ALLOWED_TENANTS: readonly string[]
  SCOPE_PREFIX: string
  ALLOW_HTTP_ISSUER: boolean
}

/** @throws ConfigurationError */
export function authorizationServersFrom(values: ServersInEnvironment): readonly AuthorizationServerOptions[] {
  const { AUTH_SERVER_URL: issuers = [], AUTH_SERVERS_FILE: file } = values
  if (file !== undefined && issuers.length > 0)
    throw new ConfigurationError(["AUTH_SERVER_URL and AUTH_SERVERS_FILE both name authorization servers: give one"])
  if (file === undefined && issuers.length === 0)
    throw new ConfigurationError(["AUTH_MODE=external needs AUTH_SERVER_URL, the issuer of the authorization server"])
  const [first, second] = issuers
  if (second !== undefined) refuseWhatIsForOne(values)
  const servers = file ?? issuers.map((issuer) => optionsFrom(settingsOf(issuer, values)))
  const problems = servers.flatMap(({ issuer }) => problemOf(issuer, values))
  if (problems.length > 0) throw new ConfigurationError(problems)
  return first === undefined && file === undefined ? [] : servers
}

function problemOf(issuer: string, { ALLOW_HTTP_ISSUER: allowHttp }: ServersInEnvironment): string[] {
  try {
    checkServiceUrl("AUTH_SERVER_URL", issuer, { allowHttp })
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

/** An address is one server's: two of them would be asked about each other's tokens. */
function refuseWhatIsForOne(values: ServersInEnvironment): void {
  const names = ["AUTH_SERVER_INTERNAL_URL", "INTROSPECTION_URL", "JWKS_URL"] as const
  const given = names.filter((name) => values[name] !== undefined)
  if (given.length > 0)
    throw new ConfigurationError([
      `${given.join(" and ")} cannot be for several authorization servers: give each its own in AUTH_SERVERS_FILE`,
    ])
}

const settingsOf = (issuer: string, values: ServersInEnvironment): ServerSettings => ({
  auth_server_url: issuer,
  auth_server_internal_url: values.AUTH_SERVER_INTERNAL_URL,
  auth_provider: values.AUTH_PROVIDER,
  token_validation: values.TOKEN_VALIDATION,
  introspection_client_id: values.INTROSPECTION_CLIENT_ID,
  introspection_client_secret: values.INTROSPECTION_CLIENT_SECRET,
  introspection_auth_method: values.INTROSPECTION_AUTH_METHOD,
  introspection_private_key:
    values.INTROSPECTION_PRIVATE_KEY === undefined ? undefined : JSON.parse(values.INTROSPECTION_PRIVATE_KEY),
  introspection_url: values.INTROSPECTION_URL,
  jwks_url: values.JWKS_URL,
  allowed_client_ids: [...values.ALLOWED_CLIENT_IDS],
  allowed_audiences: [...values.ALLOWED_AUDIENCES],
  allowed_tenants: [...values.ALLOWED_TENANTS],
  scope_prefix: values.SCOPE_PREFIX,
})

function optionsFrom(settings: ServerSettings): AuthorizationServerOptions {
  const credentials = credentialsFrom(settings)
  return {
    issuer: settings.auth_server_url,
    strategy: settings.token_validation,
    allowedClientIds: settings.allowed_client_ids,
    allowedAudiences: settings.allowed_audiences,
    allowedTenants: settings.allowed_tenants,
    scopePrefix: settings.scope_prefix,
    ...(settings.auth_server_internal_url !== undefined && { internalUrl: settings.auth_server_internal_url }),
    ...(settings.auth_provider !== undefined && { provider: settings.auth_provider }),
    ...(settings.introspection_url !== undefined && { introspectionUrl: settings.introspection_url }),
    ...(settings.jwks_url !== undefined && { jwksUrl: settings.jwks_url }),
    ...(credentials !== undefined && { credentials }),
  }
}

/** Undefined: nothing says who we are, so that nobody is asked. */
function credentialsFrom(settings: ServerSettings): ClientCredentials | undefined {
  const {
    introspection_auth_method: method,
    introspection_client_id: clientId,
    introspection_client_secret: clientSecret,
    introspection_private_key: key,
  } = settings
  if (method === "none") return { method, ...(clientId !== undefined && { clientId }) }
  if (clientId === undefined) return undefined
  if (method === "private_key_jwt")
    return key === undefined ? undefined : { method, clientId, key: parseKey(JSON.stringify(key)) }
  return clientSecret === undefined ? undefined : { method, clientId, clientSecret }
}

function parseKey(json: string) {
  try {
    return parseAssertionKey(json)
  } catch (error) {
    if (error instanceof WrongConfiguration)
      throw new ConfigurationError([`INTROSPECTION_PRIVATE_KEY: ${error.message}`])
    throw error
  }
}
