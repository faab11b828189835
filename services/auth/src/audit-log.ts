/** Audit events as log lines; a storm of refusals becomes a few lines and a number. */
import type { Logger } from "@gatehouse/service-kit"
import type { Audit } from "./domain/audit.ts"

/** Lines a minute for one event with one reason; more are only counted. */
const MAX_REFUSALS_PER_MINUTE = 60

/** Events that anybody can cause as often as they like. */
const refusals = new Set(["auth.token.denied", "auth.introspection.denied", "auth.sign_in.failed"])

export function auditLog(log: Logger, now: () => number): Audit {
  const counts = new Map<string, number>()
  let minute = 0
  return (event, facts) => {
    if (!refusals.has(event)) return log.info(facts, event)
    const current = Math.floor(now() / 60)
    if (current !== minute) {
      for (const [refusal, count] of counts)
        if (count > MAX_REFUSALS_PER_MINUTE) log.info({ refusal, lines: count - MAX_REFUSALS_PER_MINUTE }, "not logged")
      counts.clear()
      minute = current
    }
    const refusal = `${event} ${facts.reason}`
    const count = (counts.get(refusal) ?? 0) + 1
    counts.set(refusal, count)
    if (count <= MAX_REFUSALS_PER_MINUTE) log.info(facts, event)
  }
}
