/** `resources/list`, a page at a time. */
import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server"

const PAGE_SIZE = 25

/**
 * The page that a cursor names, and the cursor of the next one. Cursors are for clients to hand back, not to read.
 * @throws ProtocolError -32602 for a cursor that we never gave
 */
export function pageOf<T>(items: readonly T[], cursor: string | undefined): { page: T[]; nextCursor?: string } {
  const start = cursor === undefined ? 0 : startOf(cursor, items.length)
  const end = start + PAGE_SIZE
  return { page: items.slice(start, end), ...(end < items.length && { nextCursor: cursorAt(end) }) }
}

const cursorAt = (start: number): string => Buffer.from(`from:${start}`).toString("base64url")

function startOf(cursor: string, length: number): number {
  const start = Number(/^from:(\d{1,9})$/.exec(Buffer.from(cursor, "base64url").toString())?.[1] ?? Number.NaN)
  if (start > 0 && start < length && start % PAGE_SIZE === 0 && cursor === cursorAt(start)) return start
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, "the cursor is not valid")
}
