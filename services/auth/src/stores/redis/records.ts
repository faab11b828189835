/** Values in Redis, read with suspicion: what is expired or not as written is not there. */
import type { StoreLog } from "./commands.ts"

/** As `keys.ts` describes them. */
export interface StoredRecord {
  expiresAt: number
  [field: string]: unknown
}

export type Records = ReturnType<typeof createRecords>

export function createRecords(now: () => number, log?: StoreLog) {
  const corrupt = (key: string) => {
    log?.warn({ key }, "a value is corrupt: read as not found")
    return undefined
  }
  return {
    /** The record of a value; undefined when there is none, it has expired or is corrupt. */
    parse(key: string, value: string | null | undefined): StoredRecord | undefined {
      if (value === null || value === undefined) return undefined
      const record = parseObject(value)
      if (!record || !isStored(record)) return corrupt(key)
      return now() < record.expiresAt ? record : undefined
    },
    /** What the record carries in `body`, when it has these members. */
    bodyOf<T>(key: string, record: StoredRecord | undefined, members: readonly (keyof T & string)[]): T | undefined {
      if (!record) return undefined
      const body = typeof record["body"] === "string" ? parseObject(record["body"]) : undefined
      return body && members.every((member) => body[member] !== undefined) ? (body as T) : corrupt(key)
    },
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isStored = (record: Record<string, unknown>): record is StoredRecord => typeof record["expiresAt"] === "number"

/** Milliseconds, never zero: Redis refuses that. */
export const ttlMs = (expiresAt: number, now: number): number => Math.max(1, Math.ceil((expiresAt - now) * 1000))
