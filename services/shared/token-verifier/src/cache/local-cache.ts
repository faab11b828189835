/** What the authorization server said lately, in this process: bounded, short, and silent about whatever was revoked since. */
import { LRUCache } from "lru-cache"
import type { ActiveToken, Introspection } from "../introspection.ts"
import type { RecentRevocations } from "../revocation/recent-revocations.ts"
import { tokenKey } from "./token-key.ts"

/** Times and numbers of entries. */
export interface CacheBounds {
  /** How long an active token is taken at its word, never past its `exp`. */
  positiveSeconds: number
  negativeSeconds: number
  maxPositive: number
  /** Its own bound: garbage drives out garbage, never a good token. */
  maxNegative: number
}

export interface LocalCacheOptions extends CacheBounds {
  /** Seconds since 1970: an entry ends at the token's `exp`. */
  now: () => number
  /** Monotonic seconds: how long an entry is kept does not depend on the wall clock. */
  uptime: () => number
  revocations: RecentRevocations
}

export interface LocalCache {
  find(token: string): Introspection | undefined
  /** False, with nothing remembered, when a revocation since `since` may have overtaken the answer. */
  save(token: string, answer: Introspection, since: number): boolean
  /** To be taken before asking and handed to `save`. */
  mark(): number
  clear(): void
  size(): { positive: number; negative: number }
}

/**
 * An active token takes about 650 bytes, a full cache of 100,000 about 64 MB: heap after two collections, before and after
 * filling it with answers of our own authorization server (11 claims, no two alike); Node 24.21, November 2026.
 */
export function createLocalCache(options: LocalCacheOptions): LocalCache {
  const { now, uptime, revocations } = options
  const perf = { now: () => uptime() * 1000 }
  const positive = new LRUCache<string, { token: ActiveToken; mark: number }>({
    max: options.maxPositive,
    ttl: options.positiveSeconds * 1000,
    ttlResolution: 0,
    perf,
  })
  const negative = new LRUCache<string, Introspection>({
    max: options.maxNegative,
    ttl: options.negativeSeconds * 1000,
    ttlResolution: 0,
    perf,
  })

  return {
    find(token) {
      const key = tokenKey(token)
      const known = positive.get(key)
      if (!known) return negative.get(key)
      // A revoked token stays known, so that it is refused without asking; one that is merely doubtful is asked about again.
      if (revocations.isRevoked(known.token)) return known.token
      const ended = known.token.exp !== undefined && known.token.exp <= now()
      if (!ended && !revocations.overtook(known.token, known.mark)) return known.token
      positive.delete(key)
      return undefined
    },
    save(token, answer, since) {
      const key = tokenKey(token)
      if (!answer.active) {
        positive.delete(key)
        negative.set(key, answer)
        return true
      }
      if (revocations.overtook(answer, since)) return false
      const seconds = Math.min(options.positiveSeconds, (answer.exp ?? Number.POSITIVE_INFINITY) - now())
      // lru-cache keeps an entry for ever when its time is 0.
      if (seconds > 0) positive.set(key, { token: answer, mark: since }, { ttl: seconds * 1000 })
      return true
    },
    mark: revocations.mark,
    clear() {
      positive.clear()
      negative.clear()
    },
    size: () => ({ positive: positive.size, negative: negative.size }),
  }
}
