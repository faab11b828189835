/** An authorization server over real sockets, with codes minted without a browser: for everything behind the authorization. */
import { createHash, randomBytes, randomUUID } from "node:crypto"
import type { AddressInfo } from "node:net"
import { formatBasicCredentials, MCP_SCOPES } from "@gatehouse/oauth"
import { createMetrics, type Metrics } from "@gatehouse/service-kit"
import { type ManualClock, manualClock } from "@gatehouse/test-kit"
import { buildAuthApp } from "../src/app.ts"
import type { AuthDependencies, AuthPolicy } from "../src/dependencies.ts"
import type { AuditEvent, AuditFacts } from "../src/domain/audit.ts"
import type { Client, ResourceServer } from "../src/domain/client.ts"
import { createFindClient } from "../src/domain/clients-file.ts"
import { hashOf } from "../src/domain/hash.ts"
import { demoIdentity } from "../src/domain/identity/demo.ts"
import { issueCode } from "../src/domain/issue-code.ts"
import type { Stores } from "../src/domain/ports.ts"
import { developmentSigningKeys, type SigningKeys } from "../src/domain/signing-keys.ts"
import { withAuditMetrics } from "../src/metrics/audit-metrics.ts"
import { createAuthMetrics } from "../src/metrics/auth-metrics.ts"
import { createMemoryStores } from "../src/stores/memory/index.ts"

export const RESOURCE = "https://mcp.test/mcp"
export const OTHER_RESOURCE = "https://other.test/mcp"
const REDIRECT_URI = "https://app.test/cb"

/** An answer, its body parsed where it is JSON. */
export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
  text: string
}

export type Form = Record<string, string | undefined>

export interface KnownClient extends Client {
  /** "" for a client without one. */
  secret: string
}

export interface MintedCode {
  code: string
  verifier: string
}

export interface TestAuth {
  issuer: string
  /** Where it listens; the issuer need not say so. */
  base: string
  port: number
  stores: Stores
  clock: ManualClock
  deps: AuthDependencies
  audited: { event: AuditEvent; facts: AuditFacts }[]
  metrics: Metrics
  /** Public with both grant types, unless told otherwise; a secret is made where the method needs one. */
  registerClient(overrides?: Partial<Client>): Promise<KnownClient>
  authorizeCode(of: {
    client: Client
    subject?: string
    scopes?: readonly string[]
    resource?: string
  }): Promise<MintedCode>
  /** `tk(k=v)` of the refusals: redeems a code by a correct request with overrides. */
  redeem(client: KnownClient, minted: MintedCode, overrides?: Form): Promise<Answer>
  /** The first tokens of a new grant. */
  tokensFor(client: KnownClient, options?: { subject?: string; scopes?: readonly string[] }): Promise<Tokens>
  refresh(client: KnownClient, refreshToken: string, overrides?: Form): Promise<Answer>
  introspect(token: string, overrides?: Form): Promise<Answer>
  revoke(client: KnownClient, token: string, overrides?: Form): Promise<Answer>
  post(path: string, form: Form | string, headers?: Record<string, string>): Promise<Answer>
  close(): Promise<void>
}

export interface Tokens {
  accessToken: string
  refreshToken: string
}

export interface StartOptions {
  stores?: Stores
  clock?: ManualClock
  config?: Partial<AuthPolicy>
  clients?: readonly Client[]
  rateLimit?: number | "off"
  signingKeys?: SigningKeys
  trustedProxies?: readonly string[]
  /** Any free one, unless the issuer must name it. */
  port?: number
}

const resourceServerOf = (clientId: string, resource: string): ResourceServer => ({
  clientId,
  secretHash: hashOf(resourceServerSecret),
  resources: [resource],
})
export const resourceServerSecret = randomBytes(32).toString("base64url")
const resourceServers = [resourceServerOf("mcp", RESOURCE), resourceServerOf("other", OTHER_RESOURCE)]

/** Credentials in a header. */
export const basic = (clientId: string, clientSecret: string) => ({
  authorization: formatBasicCredentials({ clientId, clientSecret }),
})

/** Starts a server; several of them on one set of stores are its replicas. */
export async function startAuth(options: StartOptions = {}): Promise<TestAuth> {
  const { clock = manualClock() } = options
  const { stores = createMemoryStores({ now: clock.now }) } = options
  const config: AuthPolicy = {
    issuer: "https://auth.test",
    resources: [RESOURCE, OTHER_RESOURCE],
    accessTokenTtlSeconds: 900,
    refreshTokenTtlSeconds: 7 * 86_400,
    allowedOrigins: [],
    ...options.config,
  }
  const audited: TestAuth["audited"] = []
  const metrics = createMetrics({ name: "auth", version: "0.0.0" })
  const authMetrics = createAuthMetrics(metrics)
  const deps: AuthDependencies = {
    config,
    stores,
    signingKeys: options.signingKeys ?? (await developmentSigningKeys(stores.developmentKeys)),
    identity: demoIdentity(),
    findClient: createFindClient({ clients: options.clients ?? [], resourceServers }, stores.clients),
    findResourceServer: (clientId) => resourceServers.find((each) => each.clientId === clientId),
    rateLimit: { requestsPerMinute: options.rateLimit ?? "off" },
    audit: withAuditMetrics((event, facts) => void audited.push({ event, facts }), authMetrics),
    metrics: authMetrics,
    now: clock.now,
  }
  const { trustedProxies = [] } = options
  const app = buildAuthApp(deps, { trustedProxies })
  await app.listen({ host: "127.0.0.1", port: options.port ?? 0 })
  const { port } = app.server.address() as AddressInfo
  const base = `http://127.0.0.1:${port}`
  const started = { issuer: config.issuer, base, port, stores, clock, deps, audited, metrics, close: () => app.close() }
  return { ...started, ...requestsOf(base), ...clientsOf(deps, requestsOf(base)) }
}

const requestsOf = (base: string) => ({
  post: async (path: string, form: Form | string, headers: Record<string, string> = {}): Promise<Answer> => {
    const body = typeof form === "string" ? form : new URLSearchParams(given(form)).toString()
    const type = { "content-type": "application/x-www-form-urlencoded" }
    const answer = await fetch(base + path, {
      method: "POST",
      body,
      headers: { ...type, ...headers },
      redirect: "manual",
    })
    return readAnswer(answer)
  },
})

export async function readAnswer(answer: Response): Promise<Answer> {
  const text = await answer.text()
  const json = answer.headers.get("content-type")?.includes("json") && text !== ""
  return { status: answer.status, headers: answer.headers, text, body: json ? JSON.parse(text) : {} }
}

const given = (form: Form): [string, string][] =>
  Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined)

function clientsOf(deps: AuthDependencies, { post }: ReturnType<typeof requestsOf>) {
  const credentials = ({ clientId, secret }: KnownClient): Form => ({
    client_id: clientId,
    ...(secret !== "" && { client_secret: secret }),
  })
  const authorizeCode: TestAuth["authorizeCode"] = async ({
    client,
    subject = "demo|ada",
    scopes = ["mcp"],
    resource,
  }) => {
    const verifier = randomBytes(32).toString("base64url")
    const pending = {
      clientId: client.clientId,
      redirectUri: REDIRECT_URI,
      scopes,
      resource: resource ?? RESOURCE,
      codeChallenge: createHash("sha256").update(verifier).digest("base64url"),
      browserHash: "",
      expiresAt: deps.now() + 600,
    }
    return { code: await issueCode({ pending, subject }, deps), verifier }
  }
  const redeem: TestAuth["redeem"] = (client, { code, verifier }, overrides = {}) =>
    post("/token", {
      grant_type: "authorization_code",
      code,
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
      ...credentials(client),
      ...overrides,
    })
  return {
    authorizeCode,
    redeem,
    registerClient: async (overrides: Partial<Client> = {}): Promise<KnownClient> => {
      const known = knownClient(overrides)
      const { secret: _, ...client } = known
      await deps.stores.clients.save(client, deps.now() + 30 * 86_400)
      return known
    },
    tokensFor: async (
      client: KnownClient,
      of: { subject?: string; scopes?: readonly string[] } = {},
    ): Promise<Tokens> => {
      const { body, status, text } = await redeem(client, await authorizeCode({ client, ...of }))
      if (status !== 200) throw new Error(text)
      return { accessToken: String(body["access_token"]), refreshToken: String(body["refresh_token"]) }
    },
    refresh: (client: KnownClient, refreshToken: string, overrides: Form = {}) =>
      post("/token", {
        grant_type: "refresh_token",
        refresh_token: refreshToken,
        ...credentials(client),
        ...overrides,
      }),
    introspect: (token: string, overrides: Form = {}) =>
      post("/introspect", { token, client_id: "mcp", client_secret: resourceServerSecret, ...overrides }),
    revoke: (client: KnownClient, token: string, overrides: Form = {}) =>
      post("/revoke", { token, ...credentials(client), ...overrides }),
  }
}

/** A client as registration would make it, with its secret. */
export function knownClient(overrides: Partial<Client> = {}): KnownClient {
  const { authMethod = "none" } = overrides
  const hasSecret = authMethod === "client_secret_basic" || authMethod === "client_secret_post"
  const secret = hasSecret ? randomBytes(32).toString("base64url") : ""
  return {
    clientId: randomUUID(),
    clientName: "App",
    redirectUris: [REDIRECT_URI],
    grantTypes: ["authorization_code", "refresh_token"],
    authMethod,
    scopes: MCP_SCOPES,
    issuedAt: 0,
    source: "registered",
    secret,
    ...(hasSecret && { secretHash: hashOf(secret) }),
    ...overrides,
  }
}
