/** Spans of our own making: each is part of a request that is recorded, and what runs in the background has none. */
import { type Attributes, type Span, type SpanKind, SpanStatusCode, trace } from "@opentelemetry/api"

export const tracer = trace.getTracer("gatehouse")

/** Marks a span as failed. Only a word of a closed list or a code: a message may quote input. */
export function fail(span: Span, errorType: string): void {
  span.setAttribute("error.type", errorType)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

interface ChildSpan {
  kind: SpanKind
  attributes: Attributes
}

/** Begins a span inside the active one; undefined without tracing, in the background, and in a trace that is not sampled. */
export function beginChild(name: string, options: ChildSpan): Span | undefined {
  return trace.getActiveSpan()?.isRecording() ? tracer.startSpan(name, options) : undefined
}
