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
  /** Of a client that there is: what names nobody may be a secret in the wrong place. */
  client_id?: string
  /** In place of an id that names nobody, from `pseudonymOf`: one name or many, that much can be seen. */
  unknown_client?: string
  /** A pseudonym, from `pseudonymOf`. */
  subject?: string
  grant_type?: string
  jti?: string
  /** Of a closed list: an OAuth error code. */
  reason?: string
}

export type Audit = (event: AuditEvent, facts: AuditFacts) => void

/** The same person, or name, has the same pseudonym, by which an operator who knows it finds the lines. */
export const pseudonymOf = (name: string): string => hashOf(name).slice(0, 22)
