/** A span for each token that is judged. */
import { type Span, SpanKind } from "@opentelemetry/api"
import { fail, inSpan } from "../tracing.ts"
import type { Judgement } from "./validate-with.ts"

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
