/** The environment of the authorization server: this table is its documentation. */
import { randomBytes } from "node:crypto"
import { canonicalResource, checkServiceUrl } from "@gatehouse/oauth"
import {
  ConfigurationError,
  commonSettings,
  fileOf,
  flag,
  integer,
  list,
  oneOf,
  type RedisSettings,
  rateLimit,
  readSettings,
  redisConfigured,
  redisSettings,
  type Settings,
  text,
  url,
  type ValuesOf,
} from "@gatehouse/service-kit"
import type { AuthPolicy } from "./dependencies.ts"
import { type ClientsFile, MIN_SECRET_LENGTH, OPERATOR_ID_FORM, parseClientsFile } from "./domain/clients-file.ts"
import { hashOf } from "./domain/hash.ts"
import { parseSigningKeys, type SigningKeys } from "./domain/signing-keys.ts"

const ttl = integer({ min: 1, max: 90 * 86_400 })

/** As CLIENTS_FILE has it. */
function resourceServerId(value: string): string {
  if (!OPERATOR_ID_FORM.test(value)) throw new Error("must be 1 to 200 printable ASCII characters")
  return value
}

export const authSettings = {
  ...commonSettings,
  PORT: { ...commonSettings.PORT, default: 3001 },
  MANAGEMENT_PORT: { ...commonSettings.MANAGEMENT_PORT, default: 9465 },
  RATE_LIMIT: {
    parse: rateLimit,
    default: 1200,
    meaning: "requests a minute that a peer may make at one endpoint, or off",
  },
  BASE_URI: { parse: url, meaning: "public URL of this service: the issuer; in development http://localhost:PORT" },
  ALLOW_HTTP_ISSUER: { parse: flag, default: false, meaning: "accept a plain http issuer that is not loopback" },
  RESOURCES: {
    parse: (value: string) => list(value).map(canonicalResource),
    meaning: "URLs of the resources to issue tokens for, between commas; in development http://localhost:3232/mcp",
  },
  ACCESS_TOKEN_TTL_SECONDS: { parse: ttl, default: 7 * 86_400, meaning: "how long an access token lives" },
  REFRESH_TOKEN_TTL_SECONDS: { parse: ttl, default: 7 * 86_400, meaning: "how long a refresh token lives unused" },
  CLIENTS_FILE: {
    parse: fileOf(parseClientsFile),
    meaning: "JSON file of the clients and resource servers that the operator knows",
  },
  INTROSPECTION_CLIENT_ID: {
    parse: resourceServerId,
    default: "mcp",
    meaning: "name of a resource server for all RESOURCES, beside those of CLIENTS_FILE",
  },
  INTROSPECTION_CLIENT_SECRET: {
    parse: text,
    secret: true,
    meaning:
      "its secret: without one there is no such server, but in development without CLIENTS_FILE, which makes one up",
  },
  SIGNING_KEYS_FILE: {
    parse: fileOf(parseSigningKeys),
    meaning: "JWK set of private keys, each with a kid; the first signs, all are published. Needed in production",
  },
  IDENTITY: { parse: oneOf("demo"), default: "demo", meaning: "who says who the user is; demo: a name is enough" },
  ALLOW_DEMO_IDENTITY: { parse: flag, default: false, meaning: "allow IDENTITY=demo in production" },
  ...redisSettings,
} satisfies Settings

export type AuthSettings = ValuesOf<typeof authSettings>

export interface AuthConfig extends AuthPolicy {
  /** Undefined: everything is kept in memory. */
  redis: RedisSettings | undefined
  keyPrefix: string
  rateLimit: number | "off"
  clientsFile: ClientsFile
  /** Undefined in development: made at start. */
  signingKeys: SigningKeys | undefined
}

/** @throws ConfigurationError with every problem */
export const readAuthSettings = (env: NodeJS.ProcessEnv): AuthSettings => readSettings(authSettings, env)

/** @throws ConfigurationError for settings that do not go together */
export function authConfigFrom(values: AuthSettings): AuthConfig {
  const issuer = values.BASE_URI ?? `http://localhost:${values.PORT}`
  const resources = values.RESOURCES ?? [canonicalResource("http://localhost:3232/mcp")]
  const problems = [
    ...issuerProblems(issuer, values),
    ...(values.NODE_ENV === "production" ? missingIn(values) : []),
    ...resourceServerProblems(values),
  ]
  if (resources.length === 0) problems.push("RESOURCES names no resource")
  if (problems.length > 0) throw new ConfigurationError(problems)
  return {
    issuer,
    resources,
    accessTokenTtlSeconds: values.ACCESS_TOKEN_TTL_SECONDS,
    refreshTokenTtlSeconds: values.REFRESH_TOKEN_TTL_SECONDS,
    allowedOrigins: values.ALLOWED_ORIGINS,
    redis: redisConfigured(values) ? values : undefined,
    keyPrefix: values.REDIS_KEY_PREFIX,
    rateLimit: values.RATE_LIMIT,
    clientsFile: withResourceServer(values, resources),
    signingKeys: values.SIGNING_KEYS_FILE,
  }
}

function issuerProblems(issuer: string, { ALLOW_HTTP_ISSUER: allowHttp }: AuthSettings): string[] {
  try {
    checkServiceUrl("BASE_URI", issuer, { allowHttp })
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

/** What development makes up, and production must be given. */
function missingIn(values: AuthSettings): string[] {
  const needed = { BASE_URI: values.BASE_URI, RESOURCES: values.RESOURCES, SIGNING_KEYS_FILE: values.SIGNING_KEYS_FILE }
  const missing = Object.entries(needed).filter(([, value]) => value === undefined)
  const demo = values.IDENTITY === "demo" && !values.ALLOW_DEMO_IDENTITY
  return [
    ...missing.map(([name]) => `${name} is needed in production (NODE_ENV=production)`),
    ...(demo
      ? ["IDENTITY=demo lets anybody in under any name: ALLOW_DEMO_IDENTITY=true accepts that in production"]
      : []),
  ]
}

function resourceServerProblems(values: AuthSettings): string[] {
  const { CLIENTS_FILE: file, INTROSPECTION_CLIENT_ID: id, INTROSPECTION_CLIENT_SECRET: secret } = values
  if (secret === undefined) return []
  const known = [...(file?.clients ?? []), ...(file?.resourceServers ?? [])].some(({ clientId }) => clientId === id)
  const short = values.NODE_ENV === "production" && secret.length < MIN_SECRET_LENGTH
  return [
    // Without the id: it may be a secret in the wrong place.
    ...(known ? ["INTROSPECTION_CLIENT_ID is in CLIENTS_FILE too: name the resource server in one of both"] : []),
    ...(short
      ? [
          `INTROSPECTION_CLIENT_SECRET needs at least ${MIN_SECRET_LENGTH} random characters in production, such as openssl rand -base64 32 makes`,
        ]
      : []),
  ]
}

/** Those of the file, and the one that the environment names. In production nobody introspects whom the operator did not name. */
function withResourceServer(values: AuthSettings, resources: readonly string[]): ClientsFile {
  const { clients = [], resourceServers = [] } = values.CLIENTS_FILE ?? {}
  const secret = values.INTROSPECTION_CLIENT_SECRET ?? madeUpSecret(values)
  if (secret === undefined) return { clients, resourceServers }
  const named = { clientId: values.INTROSPECTION_CLIENT_ID, secretHash: hashOf(secret), resources }
  return { clients, resourceServers: [...resourceServers, named] }
}

const madeUpSecret = ({ NODE_ENV, CLIENTS_FILE }: AuthSettings): string | undefined =>
  NODE_ENV === "production" || CLIENTS_FILE !== undefined ? undefined : randomBytes(32).toString("base64url")
