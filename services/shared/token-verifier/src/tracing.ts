/** Spans, where whoever uses this package records any (OpenTelemetry): inside a trace that is there, and with words of closed lists only. */
import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api"
import type { HttpAnswer } from "./http/http-client.ts"
import type { Judgement } from "./servers/validate-with.ts"
import { Unavailable } from "./unavailable.ts"

const tracer = trace.getTracer("@gatehouse/token-verifier")

/** `token.validate`: what came out, why, and where the word came from. */
export const traceValidation = (validate: () => Promise<Judgement>): Promise<Judgement> =>
  inSpan("token.validate", { kind: SpanKind.INTERNAL }, async (span) => {
    const judgement = await validate()
    if (span) describe(span, judgement)
    return judgement
  })

function describe(span: Span, { validation, authority, cache }: Judgement): void {
  span.setAttributes({ "auth.outcome": validation.outcome, "auth.cache": cache })
  if (authority)
    span.setAttributes({ "auth.strategy": authority.strategy().name, "auth.circuit": authority.stats().circuit })
  if (validation.outcome !== "valid") span.setAttribute("auth.reason", validation.reason)
  if (validation.outcome === "unavailable") fail(span, validation.reason)
}

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

/** For what nobody waits for: it belongs to no request. */
export const withoutTrace = <T>(work: () => T): T => context.with(ROOT_CONTEXT, work)

/** Runs without a span where nothing is recorded: without tracing, in the background, in a trace that is not sampled. */
function inSpan<T>(
  name: string,
  options: { kind: SpanKind; attributes?: Attributes },
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  if (!trace.getActiveSpan()?.isRecording()) return work(undefined)
  return tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      fail(span, error instanceof Unavailable ? error.reason : "_OTHER")
      throw error
    } finally {
      span.end()
    }
  })
}

/** Without the error's text, which may quote what was sent or answered. */
function fail(span: Span, errorType: string): void {
  span.setAttribute("error.type", errorType)
  span.setStatus({ code: SpanStatusCode.ERROR })
}
