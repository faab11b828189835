/** Audit events as log lines; a storm of refusals becomes a few lines and a number. */
import { type Logger, repeatable } from "@gatehouse/service-kit"
import type { Audit } from "./domain/audit.ts"

/** Events that anybody can cause as often as they like. */
const refusals = new Set(["auth.token.denied", "auth.introspection.denied", "auth.sign_in.failed"])

export const auditLog =
  (log: Logger): Audit =>
  (event, facts) =>
    log.info(refusals.has(event) ? repeatable(facts) : facts, event)
