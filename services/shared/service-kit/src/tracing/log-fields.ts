/** What a log line says of the trace that it belongs to. */
import { isSpanContextValid, trace } from "@opentelemetry/api"

/** For pino's mixin, which fills the object: nothing where no span is active. */
export function traceFields(): { trace_id?: string; span_id?: string } {
  const span = trace.getActiveSpan()?.spanContext()
  return span && isSpanContextValid(span) ? { trace_id: span.traceId, span_id: span.spanId } : {}
}
