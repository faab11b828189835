/** What clients ask a realm for: tokens, and the end of them. */
import { randomUUID } from "node:crypto"
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import { type McpRealm, robot, user } from "./mcp-realm.ts"

type Fields = Record<string, string>

export interface Tokens {
  access_token: string
  refresh_token: string
  id_token: string
}

/** Tokens of the user, signed in anew: every call is a session of its own. */
export const signIn = (realm: McpRealm, clientId = "agent", scope = "openid mcp:tools"): Promise<Tokens> =>
  post(realm, "token", { grant_type: "password", client_id: clientId, ...user, scope })

export async function accessTokenOf(realm: McpRealm, clientId?: string, scope?: string): Promise<string> {
  return (await signIn(realm, clientId, scope)).access_token
}

/** A token of a client that acts for itself. */
export async function robotToken(realm: McpRealm): Promise<string> {
  const { clientId, clientSecret } = robot
  const client = { client_id: clientId, client_secret: clientSecret }
  const tokens = await post<Tokens>(realm, "token", { grant_type: "client_credentials", scope: "mcp:tools", ...client })
  return tokens.access_token
}

/** A user's token that is bound to a key (RFC 9449): nobody may bear it. */
export async function boundToken(realm: McpRealm): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair("ES256")
  const proof = await new SignJWT({ htm: "POST", htu: `${realm.issuer}/protocol/openid-connect/token` })
    .setProtectedHeader({ typ: "dpop+jwt", alg: "ES256", jwk: await exportJWK(publicKey) })
    .setIssuedAt()
    .setJti(randomUUID())
    .sign(privateKey)
  const form = { grant_type: "password", client_id: "agent", ...user, scope: "mcp:tools" }
  return (await post<Tokens>(realm, "token", form, { dpop: proof })).access_token
}

/** The session ends, and every token of it. */
export const signOut = (realm: McpRealm, { refresh_token }: Tokens): Promise<unknown> =>
  post(realm, "logout", { client_id: "agent", refresh_token })

/** RFC 7009, of an access token. */
export const revoke = (realm: McpRealm, token: string): Promise<unknown> =>
  post(realm, "revoke", { client_id: "agent", token, token_type_hint: "access_token" })

export const headerOf = (token: string): { kid: string; typ: string } => partOf(token, 0)
export const claimsOf = (token: string): Record<string, unknown> => partOf(token, 1)

function partOf<T>(token: string, part: 0 | 1): T {
  return JSON.parse(Buffer.from(token.split(".")[part] ?? "", "base64url").toString())
}

async function post<T>({ issuer }: McpRealm, endpoint: string, ...sent: [form: Fields, headers?: Fields]): Promise<T> {
  const [form, headers = {}] = sent
  const body = new URLSearchParams(form)
  const answer = await fetch(`${issuer}/protocol/openid-connect/${endpoint}`, { method: "POST", headers, body })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${endpoint}: ${answer.status} ${text}`)
  return JSON.parse(text === "" ? "null" : text)
}
