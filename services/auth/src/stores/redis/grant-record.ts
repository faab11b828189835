/** The record of a grant: whole, or only the tombstone of one that was revoked before it began. */
import type { Grant } from "../../domain/authorization.ts"
import type { StoredRecord } from "./records.ts"

type Member = keyof Grant & string
const texts: readonly Member[] = ["grantId", "subject", "clientId", "scope", "resource"]
const numbers: readonly Member[] = ["createdAt", "absoluteExpiresAt", "generation", "rotatedAt", "revokedAt"]

/** The grant, alive or revoked; undefined for a tombstone without one, and for what is none. */
export function parseGrant(record: StoredRecord | undefined): Grant | undefined {
  if (!record || !isWhole(record)) return undefined
  const { expiresAt: _, ...grant } = record
  return grant as unknown as Grant
}

/** Whether it is a grant that lives: introspection asks for every token, and needs no more of it. */
export const isAliveGrant = (record: StoredRecord | undefined): boolean =>
  record !== undefined && record["revokedAt"] === 0 && isWhole(record)

const isWhole = (record: StoredRecord): boolean =>
  texts.every((name) => typeof record[name] === "string") && numbers.every((name) => typeof record[name] === "number")
