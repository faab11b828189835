/** What the authorization server told any replica lately, in Redis. Whatever goes wrong with that, an answer is just not there. */
import type { ActiveToken } from "../introspection.ts"
import type { Log } from "../log.ts"
import type { SharedCacheConnection } from "../options.ts"
import type { RecentRevocations } from "../revocation/recent-revocations.ts"
import { createAttempts } from "./attempts.ts"
import { withFreshUntil } from "./freshness.ts"
import { AGEING_SHARE } from "./local-cache.ts"
import { createSharedEntries, type SharedEntry } from "./shared-entry.ts"

export interface SharedCacheOptions {
  redis: SharedCacheConnection
  keyPrefix: string
  /** What the replicas have in common, and nobody else has: an entry that was made without it is not believed. */
  secret: string | Buffer
  /** With the position of a feed from the same Redis; without it nothing is shared. */
  revocations: RecentRevocations
  /** As in the local cache. */
  positiveSeconds: number
  /** Seconds since 1970. */
  now: () => number
  /** Monotonic seconds. */
  uptime: () => number
  log?: Log
}

/** What was known when the authorization server was asked. */
interface Question {
  askedAt: number
  position: string | undefined
  mark: number
}

interface Found {
  token: ActiveToken
  /** Its time is nearly over, and asking anew would give it more. */
  ageing: boolean
}

export interface SharedCache {
  find(token: string): Promise<Found | undefined>
  /** To be taken before asking and handed to `save`. */
  begin(): Question
  /** In the background; not what a revocation may have overtaken. */
  save(token: string, answer: ActiveToken, question: Question): void
  /** `refused`: entries that are not ours, or cannot be read. */
  health(): { reading: boolean; writing: boolean; hits: number; misses: number; refused: number }
}

/** How far the clocks of two replicas may be apart. */
const CLOCK_SKEW_SECONDS = 5

/** Active tokens only: what is inactive costs its authorization server little, and may become active. */
export function createSharedCache(options: SharedCacheOptions): SharedCache {
  const { redis, keyPrefix, revocations, positiveSeconds, now, uptime, log } = options
  const entries = createSharedEntries(options.secret)
  const reads = createAttempts({ uptime, log, what: "the shared cache of tokens cannot be read" })
  const writes = createAttempts({ uptime, log, what: "the shared cache of tokens cannot be written" })
  const counts = { hits: 0, misses: 0, refused: 0 }

  const read = async (token: string): Promise<SharedEntry | undefined> => {
    const name = entries.nameOf(token)
    const value = await reads.attempt(() => redis.getBuffer(keyPrefix + name).catch(nothingIfWrongType))
    if (!value) return undefined
    const entry = entries.read(name, value)
    if (entry === undefined) counts.refused++
    return entry
  }
  const use = ({ token, askedAt, position, ...entry }: SharedEntry): Found | undefined => {
    const at = now()
    const endsAt = token.exp ?? Number.POSITIVE_INFINITY
    const staleFrom = Math.min(entry.freshUntil, askedAt + positiveSeconds)
    const secondsLeft = Math.min(staleFrom, endsAt) - at
    // Asked in the future: by a clock that goes wrong, or ours was set back; how old the entry is nobody can tell then.
    if (askedAt > at + CLOCK_SKEW_SECONDS || !(secondsLeft > 0)) return undefined
    if (revocations.overtookSince(token, position)) return undefined
    return {
      token: withFreshUntil(token, uptime() + Math.min(secondsLeft, positiveSeconds)),
      ageing: staleFrom < endsAt && secondsLeft < positiveSeconds * AGEING_SHARE,
    }
  }
  return {
    async find(token) {
      // Without it nobody can tell whether an entry was revoked since.
      const entry = revocations.position() === undefined ? undefined : await read(token)
      const found = entry && use(entry)
      counts[found ? "hits" : "misses"]++
      return found
    },
    begin: () => ({ askedAt: now(), position: revocations.position(), mark: revocations.mark() }),
    save(token, answer, { askedAt, position, mark }) {
      if (position === undefined || reads.failing() || revocations.overtook(answer, mark)) return
      const freshUntil = askedAt + positiveSeconds
      const millisecondsLeft = Math.floor((Math.min(freshUntil, answer.exp ?? freshUntil) - now()) * 1000)
      if (!(millisecondsLeft > 0)) return
      const name = entries.nameOf(token)
      const value = entries.write(name, { token: answer, askedAt, freshUntil, position })
      void writes.attempt(() => redis.set(keyPrefix + name, value, "PX", millisecondsLeft))
    },
    health: () => ({ reading: !reads.failing(), writing: !writes.failing(), ...counts }),
  }
}

/** Something else stands there: that is one entry that is not ours, no outage. */
function nothingIfWrongType(error: unknown): null {
  if (error instanceof Error && error.message.startsWith("WRONGTYPE")) return null
  throw error
}
