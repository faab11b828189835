/** `/mcp`: Streamable HTTP for every revision. 2026-07-28 has no sessions; the 2025 revisions live in them. */
import { headerValues, missingScopes, OAuthError } from "@gatehouse/oauth"
import type { RateLimitHook } from "@gatehouse/service-kit"
import { toWebRequest } from "@modelcontextprotocol/node"
import {
  isInitializeRequest,
  isJsonContentType,
  isLegacyRequest,
  type McpHttpHandler,
} from "@modelcontextprotocol/server"
import type { FastifyReply, FastifyRequest } from "fastify"
import { authInfoOf, type Caller } from "../caller.ts"
import { errorCodes, type Message, parseMessage, refuseMessage, textParameter } from "../json-rpc.ts"
import type { Refuse } from "../oauth-refusal.ts"
import { isEventStream, type OpenStreams, type StreamTerms } from "../open-streams.ts"
import { beginOperationSpan } from "../operation-span.ts"
import { beginOperation, type EndedOperation, endingOf, type Operation } from "../operations.ts"
import { requiredScopes, type ToolScopes } from "../scopes.ts"
import type { McpRequest, Sessions } from "../sessions/sessions.ts"

export interface EndpointDependencies {
  modern: Pick<McpHttpHandler, "fetch">
  /** Serves `subscriptions/listen`: a handler of its own, since closing one cuts off its calls. */
  subscriptions: Pick<McpHttpHandler, "fetch">
  /** Whether standing streams have been ended, for good. */
  isEnding: () => boolean
  sessions: Sessions
  streams: OpenStreams
  refuse: Refuse
  /** Counts a subject's tool calls. */
  limitCalls: RateLimitHook
  toolScopes: ToolScopes
  /** Hears how each operation ended. */
  operationEnded: ((operation: EndedOperation) => void) | undefined
}

const LISTEN = "subscriptions/listen"
const SESSION_HEADER = "mcp-session-id"
const firstModernRevision = "2026-07-28"

/** Creates the handler of GET, POST and DELETE; the guard ran before it. */
export const mcpEndpoint =
  (deps: EndpointDependencies) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const caller = request.mcpCaller
    if (caller === undefined) throw new Error("the MCP endpoint is served without its guard")
    reply.header("cache-control", "no-store")
    const web = await readRequest(request, reply)
    if (web instanceof Response) return reply.send(web)
    const message = web.method === "POST" ? parseMessage(await web.text()) : undefined
    if (message instanceof Response) return reply.send(message)
    const operation = openOperation(message, request, deps)
    const answering = { reply, deps, operation }
    const exchange = { request: web, caller, authInfo: authInfoOf(caller, operationOf(message)) }
    const answer = async () => {
      if (lacksScopes(message, caller, answering) || (await isOneTooMany(message, request, answering))) return reply
      return reply.send(await serve({ ...exchange, ...(message && { message }) }, answering))
    }
    if (operation === undefined) return answer()
    try {
      return await operation.during(answer)
    } catch (error) {
      operation.end("-32603")
      throw error
    }
  }

/** Measured, and in a span of its own. Undefined for what asks nothing: GET, DELETE, a client's answer. */
function openOperation(
  message: Message | undefined,
  request: FastifyRequest,
  { operationEnded }: EndpointDependencies,
): Operation | undefined {
  if (message?.method === undefined) return undefined
  const span = beginOperationSpan(message, request)
  const operation = beginOperation(message, (ended) => {
    operationEnded?.(ended)
    span.end(ended)
  })
  return { ...operation, during: (work) => operation.during(() => span.during(work)) }
}

/** The request with its body read, at most 4 MiB; or the answer when it cannot be had. */
async function readRequest(request: FastifyRequest, reply: FastifyReply): Promise<Request | Response> {
  if (request.method === "POST" && !isJsonContentType(request.headers["content-type"] ?? null))
    return refuseMessage(415, { code: errorCodes.server, message: "Content-Type must be application/json" })
  if (headerValues(request.raw.rawHeaders, SESSION_HEADER).length > 1)
    // Node would join them into one
    return refuseMessage(400, { code: errorCodes.server, message: "Mcp-Session-Id was sent more than once" })
  const gone = new AbortController()
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  if (reply.raw.destroyed) gone.abort() // while the token was judged
  try {
    return await toWebRequest(request.raw as Parameters<typeof toWebRequest>[0], undefined, { signal: gone.signal })
  } catch (error) {
    const tooLarge = error instanceof Error && error.name === "RequestBodyTooLargeError"
    if (!tooLarge) return refuseMessage(400, { code: errorCodes.parse, message: "Parse error: the body was cut off" })
    const headers = { connection: "close" } // the rest of the body is not read
    return refuseMessage(413, { code: errorCodes.server, message: "the body has more than 4 MiB" }, { headers })
  }
}

interface Answering {
  reply: FastifyReply
  deps: EndpointDependencies
  operation: Operation | undefined
}

/** If so, it was answered: 403 that names every scope the operation needs, so that the client can ask for more (step-up). */
function lacksScopes(message: Message | undefined, caller: Caller, answering: Answering): boolean {
  const { reply, deps, operation } = answering
  const needed = message ? requiredScopes(message, deps.toolScopes) : []
  if (missingScopes(caller.scopes, needed).length === 0) return false
  operation?.end("insufficient_scope")
  const error = new OAuthError("insufficient_scope", "the access token lacks a scope that this operation needs")
  deps.refuse.because(reply, { error, scopes: [...new Set(needed)] })
  return true
}

/** If so, it was answered: 429. */
async function isOneTooMany(message: Message | undefined, request: FastifyRequest, answering: Answering) {
  const { reply, deps, operation } = answering
  if (message?.method !== "tools/call") return false
  await deps.limitCalls(request, reply) // a reply that is awaited is gone: what tells is whether it was sent
  if (reply.sent) operation?.end("rate_limited")
  return reply.sent
}

/** Serves one request inside a place among the open streams. */
async function serve(exchange: McpRequest, { deps, operation }: Answering): Promise<Response> {
  const { request, message, caller } = exchange
  const session = sessionOf(exchange, deps.sessions)
  const standing = request.method === "GET" || message?.method === LISTEN
  const answers = standing ? (await session?.resumesAnswer(request)) === true : message?.id !== undefined
  if (standing && !answers && deps.isEnding()) return refuseStream(message)
  const terms: StreamTerms = { caller, standing, holder: session, call: answers ? { id: message?.id } : undefined }
  const place = deps.streams.take(terms)
  if (place === undefined) {
    operation?.end("rate_limited")
    return tooMany("streams", message)
  }
  try {
    const response = await dispatch(exchange, session, deps)
    if (session && message?.method === "notifications/cancelled")
      deps.streams.callCancelled(session, message.params?.["requestId"])
    // A stream that stays open is what was asked for; any other may end without an answer.
    if (standing || !isEventStream(response)) operation?.end(await endingOf(response))
    return place.carry(response, request.signal, () => operation?.end("cancelled"))
  } catch (error) {
    place.release()
    throw error
  }
}

async function dispatch(exchange: McpRequest, session: ReturnType<typeof sessionOf>, deps: EndpointDependencies) {
  const { request, message, authInfo } = exchange
  if (message && !(await isLegacyRequest(request, message)))
    return (message.method === LISTEN ? deps.subscriptions : deps.modern).fetch(request, {
      authInfo,
      parsedBody: message,
    })
  if (!message && (request.headers.get("mcp-protocol-version") ?? "") >= firstModernRevision)
    return refuseMessage(
      405,
      { code: errorCodes.server, message: "Method not allowed" },
      { headers: { allow: "POST" } },
    )
  if (message?.method === "initialize") return openSession(exchange, deps.sessions)
  if (session) return session.handle(exchange)
  if (request.headers.has(SESSION_HEADER))
    return refuseMessage(404, { code: -32001, message: "Session not found" }, { message })
  return refuseMessage(400, { code: errorCodes.server, message: "Mcp-Session-Id is required" }, { message })
}

/** Always a new session, whatever id the client proposes. */
async function openSession(exchange: McpRequest, sessions: Sessions): Promise<Response> {
  const { message } = exchange
  if (!isInitializeRequest(message))
    return refuseMessage(
      400,
      { code: errorCodes.invalidParams, message: "not a valid initialize request" },
      { message },
    )
  return (await sessions.open(exchange)) ?? tooMany("sessions", message)
}

function sessionOf({ request, message, caller }: McpRequest, sessions: Sessions) {
  const id = request.headers.get(SESSION_HEADER)
  return id === null || message?.method === "initialize" ? undefined : sessions.find(id, caller)
}

const tooMany = (what: string, message: Message | undefined): Response =>
  refuseMessage(
    429,
    { code: errorCodes.server, message: `too many open ${what}` },
    { message, headers: { "retry-after": "30" } },
  )

const refuseStream = (message: Message | undefined): Response =>
  refuseMessage(
    503,
    { code: errorCodes.server, message: "this server is ending" },
    { message, headers: { "retry-after": "1" } },
  )

/** What a request state is bound to. */
const operationOf = (message: Message | undefined): string =>
  message ? `${message.method} ${textParameter(message, "name") ?? textParameter(message, "uri") ?? ""}` : ""
