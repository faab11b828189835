/** Spans, where whoever uses this package records any (OpenTelemetry): inside a trace that is there, and with words of closed lists only. */
import {
  type Attributes,
  context,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api"
import { Unavailable } from "./unavailable.ts"

const tracer = trace.getTracer("@gatehouse/token-verifier")

/** For what nobody waits for: it belongs to no request. */
export const withoutTrace = <T>(work: () => T): T => context.with(ROOT_CONTEXT, work)

/** Runs without a span where nothing is recorded: without tracing, in the background, in a trace that is not sampled. */
export function inSpan<T>(
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
export function fail(span: Span, errorType: string): void {
  span.setAttribute("error.type", errorType)
  span.setStatus({ code: SpanStatusCode.ERROR })
}
