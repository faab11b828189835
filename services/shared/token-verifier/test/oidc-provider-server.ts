/** node-oidc-provider, as it is, on a real socket: an authorization server that somebody else wrote. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Provider } from "oidc-provider"
import { createMemoryAdapter } from "oidc-provider/lib/adapters/memory_adapter.js"
import { RESOURCE } from "./setting.ts"
import type { TestKey } from "./signing-key.ts"

export const OTHER_RESOURCE = "https://other.test/mcp"
export const SECONDS = 300

const secret = (client: string) => `a-secret-for-${client}`
export const credentials = { method: "client_secret_basic", clientId: "mcp", clientSecret: secret("mcp") } as const

const REDIRECT_URI = "https://app.test/callback"
const machine = { redirect_uris: [], response_types: [], grant_types: ["client_credentials"] }
const person = { redirect_uris: [REDIRECT_URI], grant_types: ["authorization_code", "refresh_token"] }
const clients = [
  { client_id: "mcp", client_secret: secret("mcp"), ...machine },
  { client_id: "robot", client_secret: secret("robot"), ...machine },
  { client_id: "app", client_secret: secret("app"), ...person },
]

interface Tokens {
  access_token: string
  refresh_token: string
  id_token: string
}

export interface OidcProvider {
  issuer: string
  /** How many requests came to this path. */
  count(path: string): number
  /** Of a client that acts for itself. */
  robotToken(resource?: string): Promise<string>
  /** Alice's, by the authorization code flow. */
  userTokens(): Promise<Tokens>
  revoke(token: string): Promise<void>
  /** Publishes these, and signs with the first. */
  rotateTo(...keys: TestKey[]): void
  stop(): Promise<void>
}

export interface OidcProviderOptions {
  accessTokenFormat: "jwt" | "opaque"
  key: TestKey
}

export async function startOidcProvider({ accessTokenFormat, key }: OidcProviderOptions): Promise<OidcProvider> {
  const paths: string[] = []
  const state: { provider?: Provider } = {}
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://any")
    paths.push(pathname)
    const { provider } = state
    if (provider && pathname.startsWith("/interaction/")) return void interact(provider, request, response)
    return provider?.callback()(request, response)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rotateTo = (...keys: TestKey[]) => {
    const jwks = { keys: keys.map(({ jwk, privateKey }) => ({ ...jwk, ...privateKey.export({ format: "jwk" }) })) }
    state.provider = new Provider(issuer, configuration(accessTokenFormat, jwks))
  }
  rotateTo(key)
  return {
    issuer,
    count: (path) => paths.filter((each) => each === path).length,
    async robotToken(resource = RESOURCE) {
      const form = { grant_type: "client_credentials", scope: "mcp:tools", resource }
      return (await askToken(issuer, "robot", form)).access_token
    },
    userTokens: () => authorize(issuer),
    revoke: async (token) => void (await post(`${issuer}/token/revocation`, "app", { token })),
    rotateTo,
    async stop() {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

const configuration = (accessTokenFormat: string, jwks: object) => ({
  adapter: createMemoryAdapter(), // its default, without the warning
  clients,
  jwks,
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  cookies: { keys: ["a-key-for-cookies"] },
  interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
  ttl: {
    AccessToken: SECONDS,
    AuthorizationCode: 60,
    ClientCredentials: SECONDS,
    Grant: 3600,
    IdToken: SECONDS,
    Interaction: 60,
    RefreshToken: 3600,
    Session: 3600,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_: unknown, audience: string) => ({
        scope: "mcp:tools",
        audience,
        accessTokenFormat,
        accessTokenTTL: SECONDS,
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
})

/** Signs Alice in and consents for her. */
async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { prompt, params } = await provider.interactionDetails(request, response)
  const accountId = "alice"
  if (prompt.name === "login") return provider.interactionFinished(request, response, { login: { accountId } })
  const grant = new provider.Grant({ accountId, clientId: params.client_id })
  grant.addOIDCScope("openid offline_access")
  grant.addResourceScope(RESOURCE, "mcp:tools")
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

/** What Alice's browser does, up to the redirect that brings the code; then what the client does with it. */
async function authorize(issuer: string): Promise<Tokens> {
  const url = new URL(`${issuer}/auth`)
  const about = { client_id: "app", redirect_uri: REDIRECT_URI, response_type: "code", prompt: "consent" }
  const scope = "openid offline_access mcp:tools"
  url.search = new URLSearchParams({ ...about, scope, resource: RESOURCE }).toString()
  const cookies = new Map<string, string>()
  let next = url.href
  while (!next.startsWith(REDIRECT_URI)) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ")
    const answer = await fetch(next, { redirect: "manual", headers: { cookie } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const location = answer.headers.get("location")
    if (location === null) throw new Error(`${next}: ${answer.status} ${await answer.text()}`)
    next = new URL(location, next).href
  }
  const code = new URL(next).searchParams.get("code") ?? ""
  const form = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, resource: RESOURCE }
  return askToken(issuer, "app", form)
}

const askToken = async (issuer: string, client: string, form: Record<string, string>): Promise<Tokens> =>
  (await post(`${issuer}/token`, client, form)).json() as Promise<Tokens>

async function post(url: string, client: string, form: Record<string, string>): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${client}:${secret(client)}`).toString("base64")}`
  const answer = await fetch(url, { method: "POST", headers: { authorization }, body: new URLSearchParams(form) })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return answer
}
