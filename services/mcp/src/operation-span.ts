/** A span for every operation, by OpenTelemetry's conventions for MCP; never arguments, results, URIs or the session's id, which opens it. */
import {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api"
import type { FastifyRequest } from "fastify"
import { type Message, textParameter } from "./json-rpc.ts"
import { type EndedOperation, METHODS, TOOLS } from "./operations.ts"
import { prompts } from "./prompts/index.ts"

const tracer = trace.getTracer("@gatehouse/mcp")

export interface OperationSpan {
  /** Runs what serves the operation inside its span. */
  during<T>(work: () => T): T
  end(operation: Pick<EndedOperation, "errorType">): void
}

const none: OperationSpan = { during: (work) => work(), end: () => {} }

/**
 * The trace that a message itself names is its trace (SEP-414), with a link to the HTTP request's: the two need not be the same,
 * and the token was judged in the latter.
 */
export function beginOperationSpan(message: Message, request: FastifyRequest): OperationSpan {
  const http = trace.getActiveSpan()
  if (http === undefined || message.method === undefined) return none
  const inHttp = context.active()
  const parent = propagation.extract(inHttp, senderOf(message))
  const span = tracer.startSpan(
    nameOf(message),
    { kind: SpanKind.SERVER, attributes: attributesOf(message, request), ...linkBetween(http, parent) },
    parent,
  )
  const own = trace.setSpan(parent, span)
  return { during: (work) => context.with(own, work), end: (operation) => end(span, operation) }
}

/** `_meta.traceparent` and `_meta.tracestate`; their form is for the propagator to check. */
function senderOf({ params }: Message): Record<string, unknown> {
  const meta = typeof params === "object" && params !== null ? params["_meta"] : undefined
  if (typeof meta !== "object" || meta === null) return {}
  const { traceparent, tracestate } = meta as Record<string, unknown>
  return typeof traceparent === "string" ? { traceparent, tracestate } : {}
}

/** Both ways, where they are two traces: whoever has one finds the other. */
function linkBetween(http: Span, parent: Context) {
  const here = http.spanContext()
  const sender = trace.getSpanContext(parent)
  if (sender === undefined || sender.spanId === here.spanId) return {}
  if (sender.traceId !== here.traceId && http.isRecording()) http.addLink({ context: sender })
  return { links: [{ context: here }] }
}

const methods: ReadonlySet<string> = new Set(METHODS)
const toolNames: ReadonlySet<string> = new Set(TOOLS)
const promptNames: ReadonlySet<string> = new Set(prompts.map(({ name }) => name))

/** In words of closed lists: a name that a client made up is in none. */
const methodOf = ({ method = "" }: Message): string => (methods.has(method) ? method : "_OTHER")

function targetOf(message: Message): Attributes {
  const name = textParameter(message, "name") ?? ""
  if (message.method === "tools/call" && toolNames.has(name)) return { "gen_ai.tool.name": name }
  return message.method === "prompts/get" && promptNames.has(name) ? { "gen_ai.prompt.name": name } : {}
}

const nameOf = (message: Message): string => [methodOf(message), ...Object.values(targetOf(message))].join(" ")

function attributesOf(message: Message, request: FastifyRequest): Attributes {
  const version = request.headers["mcp-protocol-version"] ?? textParameter(message, "protocolVersion")
  return {
    "mcp.method.name": methodOf(message),
    "network.transport": "tcp",
    "network.protocol.name": "http",
    ...(typeof version === "string" && /^20\d\d-\d\d-\d\d$/.test(version) && { "mcp.protocol.version": version }),
    ...(message.method === "tools/call" && { "gen_ai.operation.name": "execute_tool" }),
    ...targetOf(message),
    // Text may be anything; a number is only a number.
    ...(typeof message.id === "number" && { "jsonrpc.request.id": String(message.id) }),
  }
}

/** The message of an error is left out: it may quote arguments. */
function end(span: Span, { errorType }: Pick<EndedOperation, "errorType">): void {
  if (errorType !== "none") {
    span.setAttribute("error.type", errorType === "other" ? "_OTHER" : errorType)
    if (/^-\d+$/.test(errorType)) span.setAttribute("rpc.response.status_code", errorType)
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}
