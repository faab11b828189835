/** A span for every request: what was asked by its route's template, how it ended, and nothing that a client wrote. */
import { type Attributes, type Context, context, propagation, ROOT_CONTEXT, SpanKind, trace } from "@opentelemetry/api"
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import { fail, tracer } from "./span.ts"
import { isTracing } from "./tracing.ts"

/** RFC 9110 and RFC 5789: whatever else is sent is `_OTHER`. */
const methods = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"])

/** To be called before other hooks are added: what they do belongs to the span. A request that names a trace (W3C) joins it. */
export function traceRequests(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    if (!isTracing()) return done()
    const caller = propagation.extract(ROOT_CONTEXT, request.headers)
    context.with(trace.setSpan(caller, begin(request, reply, caller)), done)
  })
}

function begin(request: FastifyRequest, { raw }: FastifyReply, caller: Context) {
  const method = methods.has(request.method) ? request.method : "_OTHER"
  const route = request.routeOptions.url
  const name = `${method === "_OTHER" ? "HTTP" : method}${route === undefined ? "" : ` ${route}`}`
  const attributes = { "http.request.method": method, "url.scheme": schemeOf(request), ...pathOf(route) }
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, caller)
  raw.once("close", () => {
    if (raw.headersSent) span.setAttribute("http.response.status_code", raw.statusCode)
    if (raw.headersSent && raw.statusCode >= 500) fail(span, String(raw.statusCode))
    span.end()
  })
  return span
}

/** A proxy that is trusted passes on what the client wrote. */
const schemeOf = ({ protocol }: FastifyRequest): string => (protocol === "https" ? "https" : "http")

/** Without parameters a template is the path. */
const pathOf = (route: string | undefined): Attributes =>
  route === undefined ? {} : { "http.route": route, ...(!/[:*]/.test(route) && { "url.path": route }) }
