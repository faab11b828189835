/** Authorization requests that wait for their resource owner, in memory. What one tick does is atomic. */
import type { PendingAuthorization } from "../../domain/authorization.ts"
import type { PendingAuthorizations } from "../../domain/ports.ts"
import { ExpiringMap, type MemoryOptions } from "./expiring-map.ts"

interface Entry {
  pending: PendingAuthorization
  /** The attempt that took it. */
  takenBy?: string
}

export function createPendingAuthorizations(options: MemoryOptions): PendingAuthorizations {
  const entries = new ExpiringMap<Entry>(options)
  const findWaiting = (id: string) => {
    const entry = entries.get(id)
    return entry?.takenBy === undefined ? entry?.pending : undefined
  }
  return {
    async save(id, pending) {
      entries.set(id, { pending }, pending.expiresAt)
    },
    async find(id) {
      return findWaiting(id)
    },
    async approve(id, approvedAt) {
      const pending = findWaiting(id)
      if (!pending) return false
      entries.set(id, { pending: { ...pending, approvedAt: pending.approvedAt ?? approvedAt } }, pending.expiresAt)
      return true
    },
    async take(id, attempt) {
      const entry = entries.get(id)
      if (!entry || (entry.takenBy !== undefined && entry.takenBy !== attempt)) return undefined
      entries.set(id, { ...entry, takenBy: attempt }, entry.pending.expiresAt)
      return entry.pending
    },
    async discard(id) {
      entries.delete(id)
    },
  }
}
