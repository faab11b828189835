/** Authorization codes, in memory. A used one is remembered until it would have expired, so that its replay is seen. */
import type { CodeAuthorization } from "../../domain/authorization.ts"
import type { AuthorizationCodes } from "../../domain/ports.ts"
import { ExpiringMap, type MemoryOptions } from "./expiring-map.ts"

interface Entry {
  authorization: CodeAuthorization
  failures: number
  /** The attempt that took it. */
  takenBy?: string
}

export function createAuthorizationCodes(options: MemoryOptions): AuthorizationCodes {
  const entries = new ExpiringMap<Entry>(options)
  const keyOf = (grantId: string, code: string) => `${grantId}:${code}`
  return {
    async save(code, authorization) {
      entries.set(keyOf(authorization.grantId, code), { authorization, failures: 0 }, authorization.expiresAt)
    },
    async find(grantId, code) {
      const entry = entries.get(keyOf(grantId, code))
      if (!entry) return { kind: "unknown" }
      return { kind: entry.takenBy === undefined ? "taken" : "used", authorization: entry.authorization }
    },
    async take(grantId, code, attempt) {
      const entry = entries.get(keyOf(grantId, code))
      if (!entry) return { kind: "unknown" }
      const { authorization, takenBy = attempt } = entry
      entries.set(keyOf(grantId, code), { ...entry, takenBy }, authorization.expiresAt)
      return { kind: takenBy === attempt ? "taken" : "used", authorization }
    },
    async recordFailure(grantId, code, limit) {
      const entry = entries.get(keyOf(grantId, code))
      // Wrong tries at a used code must not make its replay unseen.
      if (!entry || entry.takenBy !== undefined) return 0
      const failures = entry.failures + 1
      if (failures >= limit) entries.delete(keyOf(grantId, code))
      else entries.set(keyOf(grantId, code), { ...entry, failures }, entry.authorization.expiresAt)
      return Math.max(0, limit - failures)
    },
  }
}
