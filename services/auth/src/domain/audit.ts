/** What is told of each decision, for whoever watches: no secret, and no name of a person. */
import { hashOf } from "./hash.ts"

export type AuditEvent =
  | "auth.client.registered"
  | "auth.consent.granted"
  | "auth.consent.denied"
  | "auth.sign_in.succeeded"
  | "auth.sign_in.failed"
  | "auth.token.issued"
  | "auth.token.rotated"
  | "auth.token.reuse_detected"
  | "auth.token.revoked"
  | "auth.token.denied"
  | "auth.code.replayed"
  | "auth.introspection.denied"

export interface AuditFacts {
  client_id?: string
  /** A pseudonym, from `pseudonymOf`. */
  subject?: string
  grant_type?: string
  jti?: string
  /** Of a closed list: an OAuth error code. */
  reason?: string
}

export type Audit = (event: AuditEvent, facts: AuditFacts) => void

/** The same person has the same pseudonym, by which an operator who knows the subject finds the lines. */
export const pseudonymOf = (subject: string): string => hashOf(subject).slice(0, 22)
