/** The requests of an OAuth client: discovery, registration, the PKCE journey, tokens, revocation. */
import { fail } from "k6"
import crypto from "k6/crypto"
import encoding from "k6/encoding"
import http, { type Params } from "k6/http"
import type { Answer } from "./decisions.ts"
import { AUTH_URL, BASE_URL, CLIENT_ID, CLIENT_SECRET, RESOURCE } from "./settings.ts"

/** Nothing listens there, and nothing has to: whoever is sent there reads the code from the redirect. */
const REDIRECT_URI = "http://127.0.0.1:43210/callback"
const TIMEOUT = "10s"

/** Travels from setup() to every virtual user. */
export interface AuthorizationServer {
  url: string
  client: Client
}

interface Client {
  id: string
  /** Absent: it registered itself, as a public client. */
  secret?: string
}

export interface Grant {
  accessToken: string
  refreshToken: string
}

const named = (name: string, more: Params = {}): Params => ({ timeout: TIMEOUT, ...more, tags: { name, ...more.tags } })

/** @throws what k6 stops a test by, when the answer is not the one that everything else depends on */
function require(answer: Answer, status: number, what: string): Answer {
  if (answer.status === status) return answer
  const advice = answer.status === 429 ? "; start the services with RATE_LIMIT=off" : ""
  const words = answer.status === 0 ? answer.error : String(answer.body).slice(0, 200)
  return fail(`${what}: ${answer.status} ${words}${advice}`)
}

/** Where the authorization server is, and who we are there. For setup(). */
export function findAuthorizationServer({ needsPeople = false } = {}): AuthorizationServer {
  const url = AUTH_URL ?? discover()
  if (CLIENT_ID !== undefined && CLIENT_SECRET !== undefined && !needsPeople)
    return { url, client: { id: CLIENT_ID, secret: CLIENT_SECRET } }
  return { url, client: { id: register(url) } }
}

function discover(): string {
  const url = `${BASE_URL}/.well-known/oauth-protected-resource/mcp`
  const answer = require(http.get(url, named("resource metadata")), 200, `the MCP service at ${BASE_URL}`)
  return String(answer.json("authorization_servers.0")).replace(/\/+$/, "")
}

function register(url: string): string {
  const client = { client_name: "Load test", redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "none" }
  const headers = { "content-type": "application/json" }
  const answer = http.post(`${url}/register`, JSON.stringify(client), named("POST /register", { headers }))
  return String(require(answer, 201, `POST ${url}/register`).json("client_id"))
}

type Form = Record<string, string>

/** A request at an endpoint where a client authenticates. */
function asClient({ url, client }: AuthorizationServer, path: string, form: Form) {
  const { id, secret } = client
  const headers: Record<string, string> =
    secret === undefined ? {} : { authorization: `Basic ${encoding.b64encode(`${id}:${secret}`)}` }
  const body = secret === undefined ? { ...form, client_id: id } : form
  return { method: "POST", url: url + path, body, params: named(`POST ${path}`, { headers }) }
}

const send = ({ url, body, params }: ReturnType<typeof asClient>): Answer => http.post(url, body, params)

const clientCredentials = (server: AuthorizationServer, resource: string) =>
  asClient(server, "/token", { grant_type: "client_credentials", resource })
const rotation = (server: AuthorizationServer, refreshToken: string) =>
  asClient(server, "/token", { grant_type: "refresh_token", refresh_token: refreshToken })

export const requestToken = (server: AuthorizationServer, resource = RESOURCE): Answer =>
  send(clientCredentials(server, resource))
export const refresh = (server: AuthorizationServer, refreshToken: string): Answer =>
  send(rotation(server, refreshToken))
export const revoke = (server: AuthorizationServer, token: string): Answer =>
  send(asClient(server, "/revoke", { token }))

/** Several at the same moment. */
const together = (requests: ReturnType<typeof asClient>[]): Answer[] => http.batch(requests) as Answer[]
export const requestTokens = (server: AuthorizationServer, count: number): Answer[] =>
  together(Array.from({ length: count }, () => clientCredentials(server, RESOURCE)))
export const refreshTogether = (server: AuthorizationServer, refreshTokens: readonly string[]): Answer[] =>
  together(refreshTokens.map((each) => rotation(server, each)))

export const grantOf = (answer: Answer): Grant => ({
  accessToken: String(answer.json("access_token")),
  refreshToken: String(answer.json("refresh_token")),
})

export interface Code {
  code: string
  verifier: string
}

const random = (bytes: number): string => encoding.b64encode(crypto.randomBytes(bytes), "rawurl")

/** From `/authorize` to the code, through the pages that a person sees. Undefined when a page was not the expected one. */
export function authorize({ url, client }: AuthorizationServer, name: string, resource = RESOURCE): Code | undefined {
  const verifier = random(32)
  const query = {
    response_type: "code",
    client_id: client.id,
    redirect_uri: REDIRECT_URI,
    code_challenge: crypto.sha256(verifier, "base64rawurl"),
    code_challenge_method: "S256",
    state: random(16),
    resource,
  }
  const parameters = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
  const asked = http.get(`${url}/authorize?${parameters.join("&")}`, named("GET /authorize", { redirects: 0 }))
  if (asked.status !== 200) return undefined
  const consent = named("POST /consent", { redirects: 0 })
  const fields = { decision: "approve" }
  const approved = asked.submitForm({ formSelector: 'form[action$="/consent"]', fields, params: consent })
  const page = /\/sign-in\?.*$/.exec(approved.headers["Location"] ?? "")?.[0]
  if (page === undefined) return undefined
  const signIn = http.get(url + page, named("GET /sign-in", { redirects: 0 }))
  if (signIn.status !== 200) return undefined
  const done = signIn.submitForm({
    formSelector: 'form[action$="/sign-in"]', // another one cancels
    fields: { name },
    params: named("POST /sign-in", { redirects: 0 }),
  })
  const code = /[?&]code=([^&]+)/.exec(done.headers["Location"] ?? "")?.[1]
  return code === undefined ? undefined : { code: decodeURIComponent(code), verifier }
}

export const redeem = (server: AuthorizationServer, { code, verifier }: Code): Answer =>
  send(
    asClient(server, "/token", {
      grant_type: "authorization_code",
      code,
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
    }),
  )

/** A made-up person authorizes the client. For setup(). */
export function obtainGrant(server: AuthorizationServer, name: string): Grant {
  const code = authorize(server, name)
  if (code === undefined)
    return fail(
      `the sign-in pages of ${server.url} did not lead to a code: set CLIENT_ID and CLIENT_SECRET of a client of ` +
        "grant type client_credentials, or use IDENTITY=demo",
    )
  return grantOf(require(redeem(server, code), 200, `POST ${server.url}/token`))
}

/** The access token of an answer that everything else depends on. For setup(). */
export const requireAccessToken = (answer: Answer): string =>
  String(require(answer, 200, "POST /token").json("access_token"))
export const requireRevoked = (answer: Answer): Answer => require(answer, 200, "POST /revoke")
