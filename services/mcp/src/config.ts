/** The environment of the MCP service: this table is its documentation. */
import { type BasicCredentials, canonicalResource, checkServiceUrl, parseScope } from "@gatehouse/oauth"
import {
  ConfigurationError,
  commonSettings,
  flag,
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
  AUTH_SERVER_URL: { parse: url, meaning: "issuer of the authorization server" },
  AUTH_SERVER_INTERNAL_URL: {
    parse: url,
    meaning: "where this process reaches the issuer, when that is somewhere else",
  },
  ALLOW_HTTP_ISSUER: { parse: flag, default: false, meaning: "accept a plain http issuer that is not loopback" },
  INTROSPECTION_CLIENT_ID: { parse: text, meaning: "who this service is to the authorization server" },
  INTROSPECTION_CLIENT_SECRET: { parse: text, secret: true, meaning: "its secret there" },
  INTROSPECTION_URL: { parse: url, meaning: "introspection endpoint, when the issuer's metadata does not name it" },
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
  /** The authorization server, as the operator spells it. */
  issuer: string
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
  const issuer = values.AUTH_MODE === "internal" ? baseUri : values.AUTH_SERVER_URL
  const allowHttp = values.ALLOW_HTTP_ISSUER
  const production = values.NODE_ENV === "production" && values.BASE_URI === undefined
  const problems = [
    ...(issuer === undefined
      ? ["AUTH_MODE=external needs AUTH_SERVER_URL, the issuer of the authorization server"]
      : []),
    ...(production ? ["BASE_URI is needed in production (NODE_ENV=production)"] : []),
    ...problemOf(() => checkServiceUrl("BASE_URI", baseUri, { allowHttp })),
    ...problemOf(() => checkServiceUrl("AUTH_SERVER_URL", issuer ?? baseUri, { allowHttp })),
  ]
  if (problems.length > 0) throw new ConfigurationError([...new Set(problems)])
  return {
    baseUri,
    resource: values.RESOURCE_URL ?? canonicalResource(`${baseUri.replace(/\/$/, "")}/mcp`),
    issuer: issuer ?? baseUri,
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
 * Who this service is to an authorization server in another process.
 * @throws ConfigurationError when this process has none to ask
 */
export function introspectionCredentials(values: McpSettings): BasicCredentials {
  if (values.AUTH_MODE === "internal")
    throw new ConfigurationError([
      "AUTH_MODE=internal runs both services in one process (npm start); the MCP service alone needs AUTH_MODE=external",
    ])
  const { INTROSPECTION_CLIENT_ID: clientId, INTROSPECTION_CLIENT_SECRET: clientSecret } = values
  if (clientId !== undefined && clientSecret !== undefined) return { clientId, clientSecret }
  throw new ConfigurationError([
    "AUTH_MODE=external needs INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET, without which no token can be checked",
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
