/** Decisions as numbers: what is told to the audit log is counted on the way. */
import type { Audit, AuditEvent } from "../domain/audit.ts"
import type { AuthMetrics } from "./auth-metrics.ts"

/** The same audit; the events that have a metric of their own are counted. */
export function withAuditMetrics(audit: Audit, metrics: AuthMetrics): Audit {
  const { authorizeRequests, refreshReuse, codeReplay } = metrics
  const counted: Partial<Record<AuditEvent, () => void>> = {
    "auth.consent.denied": () => authorizeRequests.add({ outcome: "denied" }),
    "auth.consent.granted": () => authorizeRequests.add({ outcome: "granted" }),
    "auth.sign_in.succeeded": () => authorizeRequests.add({ outcome: "signed_in" }),
    "auth.sign_in.failed": () => authorizeRequests.add({ outcome: "sign_in_failed" }),
    "auth.token.reuse_detected": () => refreshReuse.add({}),
    "auth.code.replayed": () => codeReplay.add({}),
  }
  return (event, facts) => {
    counted[event]?.()
    audit(event, facts)
  }
}
