/** What the authorization server said lately, in this process: bounded, short, and silent about whatever was revoked since. */
import { LRUCache } from "lru-cache"
import type { ActiveToken, Introspection } from "../introspection.ts"
import type { CacheTier } from "../observer.ts"
import type { RecentRevocations } from "../revocation/recent-revocations.ts"
import { freshUntilOf } from "./freshness.ts"
import { tokenKey } from "./token-key.ts"

/** Times and numbers of entries. */
export interface CacheBounds {
  /** How long an active token is taken at its word, never past its `exp`. */
  positiveSeconds: number
  negativeSeconds: number
  maxPositive: number
  /** Its own bound: garbage drives out garbage, never a good token. */
  maxNegative: number
  /** Whether what is much in use is asked about anew, in the background, shortly before its time is over; default true. */
  refreshAhead?: boolean
}

export interface LocalCacheOptions extends CacheBounds {
  /** How long an active token is kept for `findStale` when its time is over, never past its `exp`; default 0: not at all. */
  staleIfErrorSeconds?: number
  /** Seconds since 1970: an entry ends at the token's `exp`. */
  now: () => number
  /** Monotonic seconds: how long an entry is kept does not depend on the wall clock. */
  uptime: () => number
  revocations: RecentRevocations
  /** Is told when something is forgotten before its time, to make room. */
  onEvicted?: (tier: CacheTier) => void
}

export interface LocalCache {
  /**
   * @param onAgeing is told of a token that is much in use and has little time left, until it says that it asks anew: then
   * not again before there is another answer
   */
  find(token: string, onAgeing?: (token: string) => boolean): Introspection | undefined
  /** What was said of a token, when its time is over and the authorization server cannot be asked. Never what was revoked since. */
  findStale(token: string): ActiveToken | undefined
  /** False, with nothing remembered, when a revocation since `since` may have overtaken the answer. */
  save(token: string, answer: Introspection, since: number): boolean
  /** To be taken before asking and handed to `save`. */
  mark(): number
  clear(): void
  size(): { positive: number; negative: number }
}

interface Entry {
  readonly token: ActiveToken
  readonly mark: number
  /** Monotonic seconds, as all three: until then `find` gives it. */
  readonly freshUntil: number
  /** Until then `findStale` does. */
  readonly keptUntil: number
  /** From then on somebody should ask anew. */
  ageingFrom: number
  /** Counted up to HOT_HITS. */
  hits: number
}

/** Found so often since it was saved, an entry is worth asking anew for before it ends. */
const HOT_HITS = 3
/** The last part of its time, in which that happens. */
export const AGEING_SHARE = 0.2

/**
 * An active token takes about 700 bytes, a full cache of 100,000 about 70 MB: heap after two collections, before and after
 * filling it with answers of our own authorization server (11 claims, no two alike); Node 24.21, November 2026.
 * @throws RangeError for times that outlive the memory of revocations
 */
export function createLocalCache(options: LocalCacheOptions): LocalCache {
  const { now, uptime, revocations } = options
  checkTimes(options)
  const { positive, negative } = createTiers(options)
  const isDoubtful = ({ token, mark }: Entry): boolean =>
    (token.exp !== undefined && token.exp <= now()) || revocations.overtook(token, mark)

  return {
    find(token, onAgeing) {
      const key = tokenKey(token)
      const entry = positive.get(key)
      if (entry === undefined) return negative.get(key)
      const at = uptime()
      if (at < entry.freshUntil) {
        // A revoked token stays known, so that it is refused without asking; one that is merely doubtful is asked about again.
        if (revocations.isRevoked(entry.token)) return entry.token
        if (!isDoubtful(entry)) {
          if (entry.hits < HOT_HITS) entry.hits++
          else if (at >= entry.ageingFrom && onAgeing?.(token)) entry.ageingFrom = Number.POSITIVE_INFINITY
          return entry.token
        }
      } else if (at < entry.keptUntil) return undefined
      positive.delete(key)
      return undefined
    },
    findStale(token) {
      const key = tokenKey(token)
      const entry = positive.get(key)
      if (entry === undefined || uptime() < entry.freshUntil) return undefined
      if (uptime() < entry.keptUntil && !isDoubtful(entry) && !revocations.isRevoked(entry.token)) return entry.token
      positive.delete(key)
      return undefined
    },
    save(token, answer, since) {
      if (answer.active && revocations.overtook(answer, since)) return false
      const key = tokenKey(token)
      // The newest word counts, also when there is no time left to remember it for.
      positive.delete(key)
      negative.delete(key)
      if (!answer.active) negative.set(key, answer)
      else {
        const entry = entryOf(answer, since, options)
        if (entry !== undefined) positive.set(key, entry)
      }
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

function createTiers({ maxPositive, maxNegative, negativeSeconds, uptime, onEvicted }: LocalCacheOptions) {
  const evictionsOf = (tier: CacheTier) => (_value: unknown, _key: string, reason: string) => {
    if (reason === "evict") onEvicted?.(tier)
  }
  return {
    positive: new LRUCache<string, Entry>({ max: maxPositive, dispose: evictionsOf("positive") }),
    negative: new LRUCache<string, Introspection>({
      max: maxNegative,
      ttl: negativeSeconds * 1000,
      ttlResolution: 0,
      perf: { now: () => uptime() * 1000 },
      dispose: evictionsOf("negative"),
    }),
  }
}

/** Undefined for a token that has no time left. */
function entryOf(token: ActiveToken, mark: number, options: LocalCacheOptions): Entry | undefined {
  const { positiveSeconds, staleIfErrorSeconds = 0, refreshAhead = true, now, uptime } = options
  const at = uptime()
  const endsAt = at + (token.exp ?? Number.POSITIVE_INFINITY) - now()
  const staleFrom = Math.min(at + positiveSeconds, freshUntilOf(token))
  if (!(Math.min(staleFrom, endsAt) > at)) return undefined
  return {
    token,
    mark,
    freshUntil: Math.min(staleFrom, endsAt),
    keptUntil: Math.min(staleFrom + staleIfErrorSeconds, endsAt),
    // Asking anew gives a token that ends no more time.
    ageingFrom:
      refreshAhead && staleFrom < endsAt ? staleFrom - positiveSeconds * AGEING_SHARE : Number.POSITIVE_INFINITY,
    hits: 0,
  }
}

function checkTimes({ positiveSeconds, staleIfErrorSeconds = 0, revocations }: LocalCacheOptions): void {
  if (!(positiveSeconds + staleIfErrorSeconds <= revocations.memorySeconds))
    throw new RangeError(`an answer must not outlive the memory of revocations, ${revocations.memorySeconds} s`)
}
