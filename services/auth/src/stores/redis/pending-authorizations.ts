/** Authorization requests that wait for their resource owner, in Redis. */
import type { PendingAuthorization } from "../../domain/authorization.ts"
import type { PendingAuthorizations } from "../../domain/ports.ts"
import { type StoredRecord, ttlMs } from "./records.ts"
import { APPROVE, TAKE } from "./scripts/records.ts"
import type { StoreParts } from "./store-parts.ts"

export function createPendingAuthorizations({ commands, keys, records, now }: StoreParts): PendingAuthorizations {
  const pendingOf = (key: string, record: StoredRecord | undefined): PendingAuthorization | undefined => {
    const pending = records.bodyOf<PendingAuthorization>(key, record, ["clientId", "redirectUri", "browserHash"])
    const approvedAt = record?.["approvedAt"]
    return pending && typeof approvedAt === "number" ? { ...pending, approvedAt } : pending
  }
  return {
    async save(id, pending) {
      const value = JSON.stringify({ body: JSON.stringify(pending), expiresAt: pending.expiresAt })
      await commands.set(keys.pending(id), value, ttlMs(pending.expiresAt, now()))
    },
    async find(id) {
      const key = keys.pending(id)
      const record = records.parse(key, await commands.get(key))
      return record?.["takenBy"] === undefined ? pendingOf(key, record) : undefined
    },
    async approve(id, approvedAt) {
      return (await commands.run(APPROVE, [keys.pending(id)], [now(), approvedAt])) === 1
    },
    async take(id, attempt) {
      const key = keys.pending(id)
      const taken = await commands.run(TAKE, [key], [now(), attempt])
      const record = records.parse(key, taken as string | null)
      return record?.["takenBy"] === attempt ? pendingOf(key, record) : undefined
    },
    async discard(id) {
      await commands.delete(keys.pending(id))
    },
  }
}
