/** The environment of the MCP service: this table is its documentation. */
import { canonicalResource, checkServiceUrl, parseScope } from "@gatehouse/oauth"
import {
  ConfigurationError,
  commonSettings,
  fileOf,
  flag,
  integer,
  list,
  oneOf,
  rateLimit,
  readSettings,
  redisSettings,
  type Settings,
  text,
  url,
  type ValuesOf,
} from "@gatehouse/service-kit"
import type { AuthorizationServerOptions } from "@gatehouse/token-verifier"
import {
  authorizationServersFrom,
  CLIENT_AUTH_METHODS,
  parseAuthorizationServers,
  STRATEGIES,
} from "./authorization-servers.ts"
import type { ToolScopes } from "./scopes.ts"

/** `tool=scope scope, tool=scope`. */
function toolScopes(value: string): ToolScopes {
  const entries = list(value).map((entry): [string, string[]] => {
    const [, tool, scope] = /^([\w./-]+)\s*=\s*(\S.*)$/.exec(entry) ?? []
    if (tool === undefined || scope === undefined) throw new Error("must be tool=scope, between commas")
    return [tool, parseScope(scope)]
  })
  return new Map(entries)
}

const urls = (value: string): string[] => list(value).map((each) => url(each))

function json(value: string): string {
  try {
    JSON.parse(value)
    return value
  } catch {
    throw new Error("must be JSON")
  }
}

function hmacKey(value: string): string {
  if (Buffer.byteLength(value) < 32)
    throw new Error("must have at least 32 bytes, such as those of openssl rand -base64 32")
  return value
}

export const mcpSettings = {
  ...commonSettings,
  RATE_LIMIT: {
    parse: rateLimit,
    default: 1200,
    meaning: "tool calls a minute that a subject may make, and refused tokens a minute a peer may send, or off",
  },
  BASE_URI: { parse: url, meaning: "public URL of this service; in development http://localhost:PORT" },
  RESOURCE_URL: {
    parse: canonicalResource,
    meaning: "the resource that tokens must be for; BASE_URI + /mcp when absent",
  },
  AUTH_MODE: {
    parse: oneOf("internal", "external"),
    default: "internal",
    meaning: "internal: the authorization server is in the same process; external: at AUTH_SERVER_URL",
  },
  AUTH_SERVER_URL: {
    parse: urls,
    meaning: "issuer of the authorization server; several, between commas, while one moves from one to the next",
  },
  AUTH_SERVERS_FILE: {
    parse: fileOf(parseAuthorizationServers),
    meaning: "JSON file of authorization servers, in place of AUTH_SERVER_URL, each with settings of its own",
  },
  AUTH_SERVER_INTERNAL_URL: {
    parse: url,
    meaning: "where this process reaches the issuer, when that is somewhere else",
  },
  ALLOW_HTTP_ISSUER: { parse: flag, default: false, meaning: "accept a plain http issuer that is not loopback" },
  AUTH_PROVIDER: {
    parse: text,
    meaning: "name of the provider's preset (docs/providers); recognised by the issuer's host when absent",
  },
  TOKEN_VALIDATION: {
    parse: oneOf(...STRATEGIES),
    default: "auto",
    meaning: "how tokens are validated; auto takes the safest way that the provider and these settings make possible",
  },
  INTROSPECTION_CLIENT_ID: { parse: text, meaning: "who this service is to the authorization server" },
  INTROSPECTION_CLIENT_SECRET: { parse: text, secret: true, meaning: "its secret there" },
  INTROSPECTION_AUTH_METHOD: {
    parse: oneOf(...CLIENT_AUTH_METHODS),
    default: "client_secret_basic",
    meaning: "how it says so; none where the endpoint is guarded by the network alone",
  },
  INTROSPECTION_PRIVATE_KEY: { parse: json, secret: true, meaning: "private JWK that signs for private_key_jwt" },
  INTROSPECTION_URL: { parse: url, meaning: "introspection endpoint, when the issuer's metadata does not name it" },
  JWKS_URL: { parse: url, meaning: "signing keys, when the issuer's metadata does not name them" },
  ALLOWED_CLIENT_IDS: {
    parse: list,
    default: [],
    meaning: "clients whose tokens are accepted; any when empty, except where tokens name no audience",
  },
  ALLOWED_AUDIENCES: { parse: list, default: [], meaning: "audiences that mean this service, beside RESOURCE_URL" },
  ALLOWED_TENANTS: { parse: list, default: [], meaning: "tenants whose tokens are accepted, of an issuer of many" },
  SCOPE_PREFIX: {
    parse: text,
    default: "",
    meaning: "what the provider's scope names begin with where ours do not, such as https://mcp.example.com/mcp/",
  },
  TOKEN_CACHE_SECONDS: {
    parse: integer({ min: 1, max: 1800 }), // with the next, less than revocations stay in their stream
    default: 60,
    meaning: "how long the answer about a token is used; a revocation that is announced ends it at once",
  },
  STALE_IF_ERROR_SECONDS: {
    parse: integer({ min: 0, max: 1200 }),
    default: 0,
    meaning: "how much longer while the authorization server cannot be asked; 0 is never",
  },
  TOOL_SCOPES: {
    parse: toolScopes,
    default: new Map<string, readonly string[]>(),
    meaning: "scopes that tools need beyond their own: tool=scope scope, between commas",
  },
  REQUEST_STATE_KEY: {
    parse: hmacKey,
    secret: true,
    meaning:
      "key, the same for all replicas, that signs what clients carry between the rounds of a call; random when absent",
  },
  ...redisSettings,
} satisfies Settings

export type McpSettings = ValuesOf<typeof mcpSettings>

export interface McpConfig {
  baseUri: string
  /** Canonical URL of the resource. */
  resource: string
  allowedOrigins: readonly string[]
  allowedHosts: readonly string[]
  trustedProxies: readonly string[]
  /** A minute. */
  rateLimit: number | "off"
  redisKeyPrefix: string
  toolScopes: ToolScopes
  requestStateKey?: string
}

/** @throws ConfigurationError with every problem */
export const readMcpSettings = (env: NodeJS.ProcessEnv): McpSettings => readSettings(mcpSettings, env)

/** @throws ConfigurationError for settings that do not go together */
export function mcpConfigFrom(values: McpSettings): McpConfig {
  const baseUri = values.BASE_URI ?? `http://localhost:${values.PORT}`
  const allowHttp = values.ALLOW_HTTP_ISSUER
  const production = values.NODE_ENV === "production" && values.BASE_URI === undefined
  const problems = [
    ...(production ? ["BASE_URI is needed in production (NODE_ENV=production)"] : []),
    ...problemOf(() => checkServiceUrl("BASE_URI", baseUri, { allowHttp })),
  ]
  if (problems.length > 0) throw new ConfigurationError([...new Set(problems)])
  return {
    baseUri,
    resource: values.RESOURCE_URL ?? canonicalResource(`${baseUri.replace(/\/$/, "")}/mcp`),
    allowedOrigins: values.ALLOWED_ORIGINS,
    allowedHosts: values.ALLOWED_HOSTS,
    trustedProxies: values.TRUSTED_PROXIES,
    rateLimit: values.RATE_LIMIT,
    redisKeyPrefix: values.REDIS_KEY_PREFIX,
    toolScopes: values.TOOL_SCOPES,
    ...(values.REQUEST_STATE_KEY !== undefined && { requestStateKey: values.REQUEST_STATE_KEY }),
  }
}

/**
 * The authorization servers in other processes.
 * @throws ConfigurationError when this process has none to ask
 */
export function authorizationServers(values: McpSettings): readonly AuthorizationServerOptions[] {
  if (values.AUTH_MODE === "external") return authorizationServersFrom(values)
  throw new ConfigurationError([
    "AUTH_MODE=internal runs both services in one process (npm start); the MCP service alone needs AUTH_MODE=external",
  ])
}

function problemOf(check: () => unknown): string[] {
  try {
    check()
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}
