/** A span for each HTTP request to an authorization server. */
import { type Attributes, context, propagation, SpanKind, trace } from "@opentelemetry/api"
import { fail, inSpan } from "../tracing.ts"
import type { HttpAnswer } from "./http-client.ts"

/** What is asked of an authorization server, by its span's name. */
export type Operation = "introspect" | "discover" | "jwks.fetch"

/**
 * One HTTP request, with the trace in its headers (W3C). Not its URL: some providers have the token there.
 * @param send takes the headers to add
 */
export function traceRequest(
  { operation, method, url }: { operation: Operation; method: string; url: string },
  send: (headers: Record<string, string>) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  if (trace.getActiveSpan() === undefined) return send({})
  const attributes = { "http.request.method": method, ...serverOf(url) }
  return inSpan(operation, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const headers: Record<string, string> = {}
    propagation.inject(context.active(), headers)
    const answer = await send(headers)
    span?.setAttribute("http.response.status_code", answer.status)
    if (span && answer.status >= 400) fail(span, String(answer.status))
    return answer
  })
}

function serverOf(url: string): Attributes {
  const server = URL.parse(url)
  if (server === null) return {}
  const { hostname, port, protocol } = server
  return { "server.address": hostname, "server.port": Number(port) || (protocol === "https:" ? 443 : 80) }
}
