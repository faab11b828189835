/** An MCP client and the person before it, over the port-forwards of NOTES: from the first 401 to the refusal of a revoked token. */
import { createHash, randomBytes } from "node:crypto"
import { hiddenFields, Visitor } from "../../services/auth/test/visitor.ts"
import { rpcOf, sendModern } from "../../services/mcp/test/messages.ts"
import { until } from "./until.ts"

export const MCP_URL = "http://localhost:3232/mcp"
const REDIRECT_URI = "http://127.0.0.1:43210/callback"
const REVOKED_WITHIN_MS = 1_000

export interface SignedIn {
  issuer: string
  clientId: string
  accessToken: string
  refreshToken: string
}

function check(what: string, right: boolean, found?: unknown): void {
  if (!right) throw new Error(`${what}: ${typeof found === "string" ? found.slice(0, 300) : JSON.stringify(found)}`)
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

async function json(url: string, init?: RequestInit): Promise<Record<string, unknown>> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000), ...init })
  const body = await answer.text()
  check(`${url} answered ${answer.status}`, answer.ok, body)
  return JSON.parse(body) as Record<string, unknown>
}

export const callTool = (token: string, name = "whoami"): Promise<Response> =>
  sendModern(MCP_URL, { token, method: "tools/call", params: { name, arguments: {} } })

/** The status of a call, with what it said. */
export async function statusOf(token: string): Promise<{ status: number; retryAfter: string | null }> {
  const answer = await callTool(token)
  await answer.text()
  return { status: answer.status, retryAfter: answer.headers.get("retry-after") }
}

/** Only what the MCP service says is known: it leads to the authorization server. */
async function discover(): Promise<Record<string, unknown>> {
  const refused = await sendModern(MCP_URL, { method: "tools/list" })
  const challenge = refused.headers.get("www-authenticate") ?? ""
  check("a call without a token is refused", refused.status === 401, refused.status)
  const [, metadataUrl = ""] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
  const resource = await json(metadataUrl)
  check("the resource is what clients call", resource["resource"] === MCP_URL, resource)
  const [issuer = ""] = (resource["authorization_servers"] ?? []) as string[]
  const server = await json(new URL("/.well-known/oauth-authorization-server", issuer).href)
  check("the issuer is the same, byte for byte", server["issuer"] === issuer, { issuer, server })
  return server
}

export async function signIn(name = "Ada"): Promise<SignedIn> {
  const server = await discover()
  const { client_id: clientId } = await json(text(server["registration_endpoint"]), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: "End to end",
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
    }),
  })
  const verifier = randomBytes(32).toString("base64url")
  const query = new URLSearchParams({
    client_id: text(clientId),
    response_type: "code",
    redirect_uri: REDIRECT_URI,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    state: "state-of-this-flow",
    resource: MCP_URL,
  })
  const code = await codeFor(new URL(`${server["authorization_endpoint"]}?${query}`), name)
  const fields = { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: REDIRECT_URI }
  return tokensFrom(text(server["issuer"]), text(clientId), fields)
}

/** The person approves, and signs in. */
async function codeFor(url: URL, name: string): Promise<string> {
  const visitor = new Visitor(Number(url.port))
  const consentPage = await visitor.get(url.pathname + url.search)
  check("the consent page is shown", consentPage.status === 200, consentPage.body)
  const signInPage = await visitor.get(await visitor.approve(consentPage))
  const back = await visitor.post("/sign-in", { ...hiddenFields(signInPage.body), name })
  check("the state comes back", back.redirected.get("state") === "state-of-this-flow", back.headers.location)
  return back.redirected.get("code") ?? ""
}

async function tokensFrom(issuer: string, clientId: string, fields: Record<string, string>): Promise<SignedIn> {
  const body = new URLSearchParams({ ...fields, client_id: clientId, resource: MCP_URL })
  const tokens = await json(`${issuer}/token`, { method: "POST", body })
  return {
    issuer,
    clientId,
    accessToken: text(tokens["access_token"]),
    refreshToken: text(tokens["refresh_token"]),
  }
}

export const refresh = ({ issuer, clientId, refreshToken }: SignedIn): Promise<SignedIn> =>
  tokensFrom(issuer, clientId, { grant_type: "refresh_token", refresh_token: refreshToken })

/** A token of the test client. */
export async function clientToken(issuer: string, secret: string): Promise<string> {
  const headers = { authorization: `Basic ${btoa(`helm-test:${secret}`)}` }
  const body = new URLSearchParams({ grant_type: "client_credentials", resource: MCP_URL })
  return text((await json(`${issuer}/token`, { method: "POST", headers, body }))["access_token"])
}

/** How long, from the answer of /revoke to the first refusal. */
async function revoke({ issuer, clientId, refreshToken, accessToken }: SignedIn): Promise<number> {
  const body = new URLSearchParams({ token: refreshToken, client_id: clientId })
  const answer = await fetch(`${issuer}/revoke`, { method: "POST", body })
  check("the revocation is accepted", answer.status === 200, answer.status)
  const revokedAt = performance.now()
  await until("the revoked token is refused", async () => (await statusOf(accessToken)).status === 401, {
    timeoutMs: REVOKED_WITHIN_MS,
    everyMs: 5,
  })
  return performance.now() - revokedAt
}

/** The whole way; what was measured on it. */
export async function journey(): Promise<string> {
  const first = await signIn()
  const { result } = await rpcOf(await callTool(first.accessToken))
  check("whoami says who signed in", JSON.stringify(result).toLowerCase().includes("ada"), result)
  const second = await refresh(first)
  check("refresh gives a new token", second.accessToken !== first.accessToken)
  const { status } = await statusOf(second.accessToken)
  check("the new token works", status === 200, status)
  return `revoked token refused after ${(await revoke(second)).toFixed(0)} ms`
}
