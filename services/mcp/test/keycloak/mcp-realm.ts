/** A realm for an MCP service, made as docs/providers/keycloak.md says, with clients that do it right and wrong. */
import { generateKeyPairSync } from "node:crypto"
import type { AdminClient, Representation } from "./admin-client.ts"

export interface McpRealm {
  name: string
  issuer: string
  resource: string
}

export const user = { username: "alice", password: "a-password-for-alice" }
export const robot = { clientId: "robot", clientSecret: "a-secret-for-the-robot" }
/** How long the tokens of `hasty` live. */
export const HASTY_SECONDS = 3

const scopes = ["mcp:tools", "mcp:resources", "mcp:prompts"]
/** Who the MCP service is when it introspects, by a secret or by a key. */
export const introspection = { clientId: "mcp", clientSecret: "a-secret-for-introspection" }
export const keyHolder = { clientId: "mcp-with-key", ...makeKeyPair() }

/** What Keycloak gives every client by itself: `basic` brings `sub`. */
const usual = ["basic", "acr", "profile", "email", "roles", "web-origins"]
const withAudience = [...usual, "mcp-audience"]

export async function createMcpRealm(
  admin: AdminClient,
  { origin, name, resource }: { origin: string; name: string; resource: string },
): Promise<McpRealm> {
  await admin.post("", { realm: name, enabled: true })
  const add = (kind: string, representation: Representation) => admin.post(`/${name}/${kind}`, representation)
  for (const scope of scopes) await add("client-scopes", clientScope(scope, { "include.in.token.scope": "true" }))
  for (const client of resourceServers) await add("clients", client)
  await add("client-scopes", {
    ...clientScope("mcp-audience", { "include.in.token.scope": "false" }),
    protocolMappers: [
      audienceMapper("the resource", { "included.custom.audience": resource }),
      // From 26.4.12 and 26.6.2 on, a client learns only of tokens that name it.
      ...[introspection, keyHolder].map(({ clientId }) =>
        audienceMapper(clientId, { "included.client.audience": clientId }),
      ),
    ],
  })
  for (const client of clients) await add("clients", client)
  const credentials = [{ type: "password", value: user.password, temporary: false }]
  const profile = { email: "alice@example.com", emailVerified: true, firstName: "Alice", lastName: "Example" }
  await add("users", { username: user.username, enabled: true, ...profile, credentials })
  return { name, issuer: `${origin}/realms/${name}`, resource }
}

const clientScope = (name: string, attributes: Record<string, string>) => ({
  name,
  protocol: "openid-connect",
  attributes,
})

const audienceMapper = (name: string, audience: Record<string, string>) => ({
  name,
  protocol: "openid-connect",
  protocolMapper: "oidc-audience-mapper",
  config: {
    "access.token.claim": "true",
    "id.token.claim": "false",
    // The default. It makes Keycloak say our audience of refresh and ID tokens too, when they are introspected.
    "introspection.token.claim": "true",
    ...audience,
  },
})

const confidential = { publicClient: false, standardFlowEnabled: false }

const resourceServers: Representation[] = [
  { ...confidential, clientId: introspection.clientId, secret: introspection.clientSecret },
  {
    ...confidential,
    clientId: keyHolder.clientId,
    clientAuthenticatorType: "client-jwt",
    attributes: { "use.jwks.string": "true", "jwks.string": JSON.stringify({ keys: [keyHolder.publicJwk] }) },
  },
]

/** Users sign in by password here: a browser would prove nothing more about the tokens. */
const publicClient = (clientId: string, attributes: Record<string, string> = {}) => ({
  clientId,
  publicClient: true,
  standardFlowEnabled: false,
  directAccessGrantsEnabled: true,
  defaultClientScopes: withAudience,
  optionalClientScopes: scopes,
  attributes,
})

const clients: Representation[] = [
  publicClient("agent"),
  publicClient("hasty", { "access.token.lifespan": String(HASTY_SECONDS) }),
  publicClient("by-the-book", { "access.token.header.type.rfc9068": "true" }),
  publicClient("lightweight", { "client.use.lightweight.access.token.enabled": "true" }),
  { ...publicClient("stranger"), defaultClientScopes: usual },
  {
    clientId: robot.clientId,
    secret: robot.clientSecret,
    ...confidential,
    serviceAccountsEnabled: true,
    defaultClientScopes: ["basic", "mcp-audience"],
    optionalClientScopes: scopes,
  },
]

function makeKeyPair() {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const about = { alg: "ES256", use: "sig", kid: "introspection" }
  return {
    publicJwk: { ...publicKey.export({ format: "jwk" }), ...about },
    privateJwk: { ...privateKey.export({ format: "jwk" }), ...about },
  }
}
