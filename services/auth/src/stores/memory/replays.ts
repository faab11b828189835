/** One-time values, in memory. */
import type { Replays } from "../../domain/ports.ts"
import { ExpiringMap, type MemoryOptions } from "./expiring-map.ts"

export function createReplays(options: MemoryOptions): Replays {
  const attempts = new ExpiringMap<string>(options)
  return {
    async first(value, attempt, expiresAt) {
      const before = attempts.get(value)
      if (before === undefined) attempts.set(value, attempt, expiresAt)
      return before === undefined || before === attempt
    },
  }
}
