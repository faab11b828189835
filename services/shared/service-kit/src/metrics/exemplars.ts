/** Which trace an observation belongs to, so that a slow bucket leads to one. */
import { type Context, context, TraceFlags, trace } from "@opentelemetry/api"

/** The id of the span's trace, when that is recorded somewhere. Without tracing there is none. */
export function sampledTraceId(within: Context = context.active()): string | undefined {
  const span = trace.getSpan(within)
  if (span === undefined) return undefined
  const { traceId, traceFlags } = span.spanContext()
  return traceFlags & TraceFlags.SAMPLED ? traceId : undefined
}
