/** The real authorization server, put together as its own process does it, with access tokens that it issued. */
import {
  type AuthDependencies,
  authConfigFrom,
  buildAuthApp,
  createAuthService,
  hashOf,
  readAuthSettings,
} from "@gatehouse/auth"
import { type BasicCredentials, formatBasicCredentials, MCP_SCOPES } from "@gatehouse/oauth"
import { startServiceKit } from "@gatehouse/service-kit"
import type { FastifyInstance } from "fastify"
import type { FittingLoad } from "../load.ts"
import { nowhere } from "./report.ts"

export interface AuthorizationServer {
  app: FastifyInstance
  issuer: string
  resource: string
  token: string
  /** Of the resource server that may introspect. */
  credentials: BasicCredentials
  /** What it sends to learn of the token. */
  introspection: FittingLoad & { body: string }
  /** What it is answered. */
  answer: string
  /** Another one, from `/token`. */
  issueToken(): Promise<string>
  introspectionOf(token: string): FittingLoad & { body: string }
  stores: AuthDependencies["stores"]
}

export interface AuthorizationServerParts {
  redisUrl?: string | undefined
  /** In place of those that its settings open. */
  stores?: AuthDependencies["stores"] | undefined
}

const clientId = "b0a4a1de-5f0e-4a4e-9c53-0d3a35d64a3f" // as long as those that registration makes
const clientSecret = "a secret of this benchmark, as long as 256 bits"
const form = { "content-type": "application/x-www-form-urlencoded" }

/** In memory, or on the Redis at `redisUrl`. Tokens come from `/token`, so that nothing about them is made up. */
export async function startAuthorizationServer(parts: AuthorizationServerParts = {}): Promise<AuthorizationServer> {
  const { redisUrl } = parts
  const settings = readAuthSettings({ RATE_LIMIT: "off", ...(redisUrl !== undefined && { REDIS_URL: redisUrl }) })
  const config = authConfigFrom(settings)
  const [resource = ""] = config.resources
  const kit = await startServiceKit("benchmark", {
    logLevel: "info",
    managementHost: "",
    managementPort: undefined,
    logDestination: nowhere,
  })
  const { deps } = await createAuthService({ ...config, clientsFile: knownTo(resource) }, kit)
  const { stores = deps.stores } = parts
  const app = buildAuthApp({ ...deps, stores }, { log: kit.log })

  const issueToken = async () => {
    const issued = await app.inject({
      method: "POST",
      url: "/token",
      headers: { ...form, authorization: formatBasicCredentials({ clientId, clientSecret }) },
      body: new URLSearchParams({ grant_type: "client_credentials", scope: "mcp", resource }).toString(),
    })
    if (issued.statusCode !== 200) throw new Error(`/token answered ${issued.statusCode}: ${issued.body}`)
    return issued.json<{ access_token: string }>().access_token
  }
  const credentials = { clientId: "mcp", clientSecret }
  const headers = { ...form, accept: "application/json", authorization: formatBasicCredentials(credentials) }
  const introspectionOf = (token: string) => ({
    method: "POST" as const,
    path: "/introspect",
    headers,
    body: new URLSearchParams({ token, token_type_hint: "access_token" }).toString(),
  })
  const token = await issueToken()
  const introspection = introspectionOf(token)
  const { path: url, ...sent } = introspection
  const { body: answer } = await app.inject({ url, ...sent })
  const { issuer } = config
  return { app, issuer, resource, token, credentials, introspection, answer, issueToken, introspectionOf, stores }
}

/** What an operator's file would name: a client that asks for itself, and a resource server. */
function knownTo(resource: string) {
  const secretHash = hashOf(clientSecret)
  const client = {
    clientId,
    clientName: "Benchmark",
    redirectUris: [],
    grantTypes: ["client_credentials"],
    authMethod: "client_secret_basic",
    secretHash,
    scopes: MCP_SCOPES,
    issuedAt: 0,
    source: "pre-registered",
  } as const
  return { clients: [client], resourceServers: [{ clientId: "mcp", secretHash, resources: [resource] }] }
}
