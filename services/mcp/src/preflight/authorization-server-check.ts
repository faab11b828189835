/** Whether an authorization server and these settings fit: asked by the verifier that the service itself will use, and told in one sentence. */
import { setTimeout as pause } from "node:timers/promises"
import {
  type AuthorizationServerOptions,
  createTokenVerifier,
  type Observer,
  type ServerReport,
  type TokenVerifier,
  WrongConfiguration,
} from "@gatehouse/token-verifier"

export interface ServerCheck {
  /** Canonical URL of the resource that tokens must be for. */
  resource: string
  /** How long what may still be starting is waited for. */
  timeoutMs: number
  /** How long a definite mismatch must stand. */
  settleMs: number
}

export interface ServerFinding {
  strategy: string
  /** The rest of the sentence "tokens are validated by … because …". */
  why: string
  /** Whether it answered a question about a token with our credentials. */
  introspected: boolean
}

/** A sentence, and whether waiting alone can mend it. */
class Mismatch extends Error {
  override readonly name = "Mismatch"
  readonly mayPass: boolean

  constructor(sentence: string, { mayPass = false } = {}) {
    super(sentence)
    this.mayPass = mayPass
  }
}

const ATTEMPT_MS = 6_000
const PAUSE_MS = 1_000

/** @throws Error with one sentence that names the mismatch and the setting to change */
export async function checkAuthorizationServer(
  server: AuthorizationServerOptions,
  { resource, timeoutMs, settleMs }: ServerCheck,
): Promise<ServerFinding> {
  const deadline = performance.now() + timeoutMs
  let standsSince: number | undefined
  for (;;) {
    const found = await attempt(server, resource).catch((error: Error) => error)
    if (!(found instanceof Error)) return found
    if (!(found instanceof Mismatch)) throw found
    const now = performance.now()
    standsSince = found.mayPass ? undefined : (standsSince ?? now)
    const stands = standsSince !== undefined && now - standsSince >= settleMs
    if (stands || now >= deadline) throw found
    await pause(PAUSE_MS)
  }
}

type Result = Parameters<Observer["introspected"]>[0]["result"]

async function attempt(server: AuthorizationServerOptions, resource: string): Promise<ServerFinding> {
  const introspected = Promise.withResolvers<Result>()
  let outage: Outage = {}
  const log = { info: () => {}, warn: noteOutage, error: noteOutage }
  function noteOutage(fields: object): void {
    outage = fields
  }
  const verifier = withSentence(() =>
    createTokenVerifier({
      audience: resource,
      servers: [server],
      limits: { probeSeconds: 0, retries: 0 }, // asked about a token of nobody's, at once
      observer: { introspected: ({ result }) => introspected.resolve(result) },
      log,
    }),
  )
  try {
    await started(verifier, server, () => outage)
    const [report] = verifier.servers()
    if (report === undefined) throw new Error("the verifier has no server")
    checkIssuer(server, report)
    checkResource(resource, report)
    const { name: strategy, why } = report.strategy
    if (strategy === "jwt") return { strategy, why, introspected: false }
    const result = await within(ATTEMPT_MS, introspected.promise)
    checkResult(result, server)
    return { strategy, why, introspected: true }
  } finally {
    await verifier.close()
  }
}

/** What the verifier logs of an outage. */
interface Outage {
  reason?: string
  why?: string | undefined
}

async function started(
  verifier: TokenVerifier,
  { issuer, internalUrl }: AuthorizationServerOptions,
  outage: () => Outage,
): Promise<void> {
  const begun = verifier.start().then(() => true)
  begun.catch(() => {}) // closing it ends a start that is still waiting
  try {
    if ((await within(ATTEMPT_MS, begun)) === true) return
  } catch (error) {
    throw error instanceof WrongConfiguration ? new Mismatch(error.message) : error
  }
  const { reason = "timeout", why } = outage()
  const place = internalUrl ?? issuer
  const setting = internalUrl === undefined ? "AUTH_SERVER_URL" : "AUTH_SERVER_INTERNAL_URL"
  const said = why === undefined ? reason : `${reason}: ${why}`
  throw new Mismatch(
    reason === "bad_response" || reason === "keys_unavailable"
      ? `${place} answers, but not as an authorization server whose issuer is ${issuer} (${said}): correct ${setting}`
      : `nothing answers at ${place} (${said}): is the authorization server running, may this pod reach it, and is ${setting} right?`,
    { mayPass: true },
  )
}

/** Clients, tokens and both services compare it byte for byte (RFC 8414 §3.3, RFC 9207 §2.4). */
function checkIssuer({ issuer }: AuthorizationServerOptions, { metadata }: ServerReport): void {
  const named = metadata?.issuer
  const differsInSlash = named !== undefined && named !== issuer && withoutSlash(named) === withoutSlash(issuer)
  if (differsInSlash)
    throw new Mismatch(
      `the authorization server calls itself ${named}, and AUTH_SERVER_URL is ${issuer}: set it to ${named}`,
    )
}

const withoutSlash = (url: string): string => url.replace(/\/$/, "")

/** RFC 9728 §4; a server that lists none says nothing about it. */
function checkResource(resource: string, { issuer, metadata }: ServerReport): void {
  const listed = metadata?.["protected_resources"]
  if (Array.isArray(listed) && !listed.includes(resource))
    throw new Mismatch(
      `${issuer} issues tokens for ${listed.join(" and ")}, and not for ${resource}: add it to RESOURCES, or correct RESOURCE_URL or BASE_URI here`,
    )
}

function checkResult(result: Result | undefined, { issuer, credentials }: AuthorizationServerOptions): void {
  if (result === "active" || result === "inactive") return
  const who = credentials !== undefined && "clientId" in credentials ? ` ${credentials.clientId}` : ""
  if (result === "credentials_rejected")
    throw new Mismatch(
      `${issuer} refuses this service's own client${who}: INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET must be what it knows`,
    )
  throw new Mismatch(
    `the introspection endpoint of ${issuer} gives no usable answer (${result ?? "timeout"}): correct INTROSPECTION_URL, or see the log of the authorization server`,
    { mayPass: true },
  )
}

/** Undefined when time is over. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController()
  try {
    return await Promise.race([promise, pause(ms, undefined, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}

function withSentence<T>(create: () => T): T {
  try {
    return create()
  } catch (error) {
    throw error instanceof WrongConfiguration ? new Mismatch(error.message) : error
  }
}
