/** The record of a grant: whole, or only the tombstone of one that was revoked before it began. */
import type { Grant } from "../../domain/authorization.ts"
import type { StoredRecord } from "./records.ts"

type Member = keyof Grant & string
const texts: readonly Member[] = ["grantId", "subject", "clientId", "scope", "resource"]
const numbers: readonly Member[] = ["createdAt", "absoluteExpiresAt", "generation", "rotatedAt", "revokedAt"]

/** The grant, alive or revoked; undefined for a tombstone without one, and for what is none. */
export function parseGrant(record: StoredRecord | undefined): Grant | undefined {
  if (!record || !texts.every((name) => typeof record[name] === "string")) return undefined
  if (!numbers.every((name) => typeof record[name] === "number")) return undefined
  const { expiresAt: _, ...grant } = record
  return grant as unknown as Grant
}

export function aliveGrant(record: StoredRecord | undefined): Grant | undefined {
  const grant = parseGrant(record)
  return grant?.revokedAt === 0 ? grant : undefined
}
