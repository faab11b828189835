/**
 * Compared: introspection of node-oidc-provider with its in-memory adapter: an opaque token of a person, as it issues by default, whose
 * grant it looks up as we do, a resource server that authenticates as ours does, and the same members in the answer.
 */
import { generateKeyPairSync } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { formatBasicCredentials } from "@gatehouse/oauth"
import { Provider } from "oidc-provider"
import { createMemoryAdapter } from "oidc-provider/lib/adapters/memory_adapter.js"
import { startAuthorizationServer } from "./authorization-server.ts"
import { reportServer } from "./report.ts"

const { app: ours, issuer, resource, credentials, answer } = await startAuthorizationServer()
await ours.close()
const { sub, jti, grant_id, client_id, ...members } = JSON.parse(answer)

const app = { clientId: client_id, clientSecret: credentials.clientSecret }
const person = { redirect_uris: ["https://client.example.com/callback"], grant_types: ["authorization_code"] }
const clientOf = ({ clientId, clientSecret }: typeof app) => ({
  client_id: clientId,
  client_secret: clientSecret,
  token_endpoint_auth_method: "client_secret_basic",
  ...person,
})
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
const provider = new Provider(issuer, {
  adapter: createMemoryAdapter(), // its default, without the warning
  clients: [app, credentials].map(clientOf),
  jwks: { keys: [privateKey.export({ format: "jwk" })] }, // it wants one, and signs nothing here
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  extraTokenClaims: () => ({ jti, grant_id }),
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: { enabled: true },
  },
})
const server = createServer(provider.callback()).listen(0, "127.0.0.1")
await once(server, "listening")
const { port } = server.address() as AddressInfo

const form = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" }
const introspection = { token: await issueToken(), token_type_hint: "access_token" }
const told = JSON.parse(await (await post("/token/introspection", credentials, introspection)).text())
const untold = Object.keys({ ...members, sub, client_id, grant_id }).filter((name) => !(name in told))
if (untold.length > 0) throw new Error(`node-oidc-provider does not tell ${untold.join(", ")}: ${JSON.stringify(told)}`)

reportServer(port, {
  load: {
    method: "POST",
    path: "/token/introspection",
    headers: { ...form, authorization: formatBasicCredentials(credentials) },
    body: new URLSearchParams(introspection).toString(),
  },
  right: { status: 200, contains: '"active":true' },
})

/** As at the end of the authorization code flow. */
async function issueToken(): Promise<string> {
  const grant = new provider.Grant({ accountId: sub, clientId: client_id })
  grant.addResourceScope(resource, "mcp")
  const client = await provider.Client.find(client_id)
  if (client === undefined) throw new Error("the client is not known")
  const expiresIn = 7 * 86_400
  const token = new provider.AccessToken({
    accountId: sub,
    client,
    grantId: await grant.save(),
    gty: "authorization_code",
    scope: "mcp",
    resourceServer: new provider.ResourceServer(resource, { scope: "mcp", accessTokenTTL: expiresIn }),
    expiresIn,
  })
  return token.save()
}

function post(path: string, who: typeof app, parameters: Record<string, string>): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: { ...form, authorization: formatBasicCredentials(who) },
    body: new URLSearchParams(parameters),
  })
}
