/** Waits until a revoked token is refused. */
import { sleep } from "k6"
import { decisionAtResource, judge } from "./decisions.ts"
import { call } from "./mcp.ts"
import { REVOKED_WITHIN_MS } from "./settings.ts"

/**
 * Asks again and again. Until the limit an admission is what is measured; one that was asked for later is a wrong decision.
 * @returns milliseconds until the refusal; undefined when there was another answer
 */
export function timeUntilRefused(token: string, baseUrl: string, revokedAt: number): number | undefined {
  for (;;) {
    const askedAt = Date.now()
    const answer = call(token, baseUrl)
    const decision = decisionAtResource(answer, false)
    const isLate = askedAt - revokedAt > REVOKED_WITHIN_MS
    if (decision === "admitted" && !isLate) {
      if (REVOKED_WITHIN_MS > 1_000) sleep(0.25) // nobody announces: there is nothing to time to the millisecond
      continue
    }
    judge(answer, decision, { kind: "revoked", good: false, right: ["refused"] })
    return decision === "refused" ? Date.now() - revokedAt : undefined
  }
}
