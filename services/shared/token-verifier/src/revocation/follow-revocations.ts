/** The feed between processes: follows the Redis stream that every revocation is appended to. */
import { setTimeout as pause } from "node:timers/promises"
import { REVOCATION_STREAM, type RevocationEvent } from "@gatehouse/oauth"
import type { Log } from "../log.ts"
import { REVOCATION_MEMORY_SECONDS } from "./recent-revocations.ts"
import { localRevocations, type RevocationFeed, type RevocationSource } from "./revocation-feed.ts"
import { BEGINNING, millisecondsOf } from "./stream-position.ts"

type Entry = [id: string, fields: string[]]

/** What the follower needs of a Redis connection (an ioredis one fits): its own, since reading blocks it. */
export interface StreamConnection {
  xread(
    ...args: ["COUNT", number, "BLOCK", number, "STREAMS", key: string, id: string]
  ): Promise<[key: string, entries: Entry[]][] | null>
  xrange(key: string, start: string, end: string): Promise<Entry[]>
  xrevrange(key: string, end: string, start: string, ...count: ["COUNT", number]): Promise<Entry[]>
  on(event: "ready", listener: () => void): unknown
  off(event: "ready", listener: () => void): unknown
}

export interface FollowOptions {
  stream: StreamConnection
  keyPrefix: string
  log?: Log
  /** How long one read waits; shorter than the connection's own bound on a command. */
  blockMs?: number
  /** Pause after a failed read. */
  retryMs?: number
  /** How far back it begins: at least as far as answers that other processes asked for may be used here; default 300. */
  memorySeconds?: number
  /** Is told of each revocation how long it took to arrive. */
  onLag?: (seconds: number) => void
  /** Wall clock, seconds since 1970. */
  now?: () => number
  /** Monotonic seconds. */
  uptime?: () => number
}

/** How long revocations took from the stream to here, in seconds; null before the first. */
interface RevocationLag {
  last: number | null
  max: number | null
}

export interface RevocationFollower extends RevocationFeed {
  position(): string | undefined
  health(): {
    following: boolean
    position: string | null
    lagSeconds: RevocationLag
    /** Why it does not follow, since when in seconds since 1970; null while it does. */
    outage: { reason: string; since: number } | null
    /** The last failed read, `at` in seconds since 1970. */
    lastFailure: { at: number; error: unknown } | null
  }
  /** Ends the reading. The connection is closed by whoever opened it: a read in progress ends with it. */
  close(): void
}

const READ_COUNT = 1000
const BLOCK_MS = 500
/** How far the clocks of this process and of Redis may be apart. */
const CLOCK_SKEW_SECONDS = 60
/** A read that waited in vain ends this long after its time at the latest; when it does not, the connection may be dead. */
const ANSWER_SECONDS = 2

/**
 * Begins with what was revoked lately, so that a new process knows it from its first second. After a reconnect it goes on from
 * the last entry it saw, when that one still stands in the stream; when it does not, entries may have been trimmed or lost
 * between, and subscribers are told of a gap. So is whoever subscribes later.
 */
export function followRevocations(options: FollowOptions): RevocationFollower {
  const { stream, log, retryMs = 100, now = () => Date.now() / 1000 } = options
  const subscribers = localRevocations()
  const closing = new AbortController()
  const reader = createStreamReader(options, { subscribers, signal: closing.signal })
  let outage: { reason: string; since: number } | null = null
  let lastFailure: { at: number; error: unknown } | null = null
  const begunAt = now()

  const follow = async () => {
    while (!closing.signal.aborted) {
      try {
        await reader.readOn()
        if (outage) log?.info({ position: reader.reached() }, "revocations are followed again")
        outage = null
      } catch (error) {
        if (closing.signal.aborted) return
        if (!outage)
          log?.warn({ why: String(error) }, "revocations cannot be followed: cached answers live out their time")
        outage ??= { reason: "not followed", since: now() }
        lastFailure = { at: now(), error }
        reader.doubt()
        await pause(retryMs, undefined, { signal: closing.signal }).catch(() => {})
      }
    }
  }

  stream.on("ready", reader.doubt)
  void follow()
  return {
    subscribe(listener, onGap) {
      const reached = reader.reached()
      if (reached !== undefined) onGap?.(gapBefore(reached))
      return subscribers.subscribe(listener, onGap)
    },
    position: reader.position,
    health: () => {
      const position = reader.reached() ?? null
      const lost = outage ?? (position === null ? { reason: "not followed yet", since: begunAt } : null)
      return { following: lost === null, position, lagSeconds: reader.lag(), outage: lost, lastFailure }
    },
    close() {
      closing.abort()
      stream.off("ready", reader.doubt)
    },
  }
}

interface StreamReader {
  /** One read: of the next entries, or of the place where to go on. */
  readOn(): Promise<void>
  /** The connection is new, or broke: what was missed is not known yet. */
  doubt(): void
  /** The last entry that was read. */
  reached(): string | undefined
  /** The same, while there was nothing after it a moment ago. */
  position(): string | undefined
  lag(): RevocationLag
}

function createStreamReader(
  options: FollowOptions,
  { subscribers, signal }: { subscribers: RevocationSource; signal: AbortSignal },
): StreamReader {
  const { stream, log, onLag, blockMs = BLOCK_MS, memorySeconds = REVOCATION_MEMORY_SECONDS } = options
  const { now = () => Date.now() / 1000, uptime = () => performance.now() / 1000 } = options
  const key = options.keyPrefix + REVOCATION_STREAM
  const begin = `${Math.max(0, Math.floor((now() - memorySeconds - CLOCK_SKEW_SECONDS) * 1000))}-0`
  let reached: string | undefined
  let doubtful = true
  let complete = false // there was nothing more to read
  let wholeAt = uptime() // nothing was missed by then, or everybody was told
  let lag: RevocationLag | undefined // what happened before the first complete reading is history

  const newest = async (end: string) => (await stream.xrevrange(key, end, "-", "COUNT", 1))[0]?.[0] ?? BEGINNING
  const findPlace = async () => {
    doubtful = false // before asking: a reconnect meanwhile makes it doubtful again
    const last = reached
    const isEntry = last !== undefined && last !== BEGINNING
    if (isEntry && (await stream.xrange(key, last, last)).length > 0) return
    reached = await newest(isEntry ? "+" : begin)
    // Without an entry to find again nothing but the time tells whether the stream still held all that came since.
    if (!isEntry && uptime() - wholeAt < memorySeconds) return
    wholeAt = uptime()
    log?.warn({ last, position: reached }, "revocations may have been missed: caches are emptied")
    subscribers.publishGap(gapBefore(reached))
  }
  const tell = (id: string, event: RevocationEvent | undefined) => {
    reached = id
    if (lag) lag = lagWith(lag, Math.max(0, now() - millisecondsOf(id) / 1000))
    if (lag?.last != null) onLag?.(lag.last)
    if (event) subscribers.publish(event, id)
    else subscribers.publishGap(id) // a kind that only a newer release knows: it may be about anything
  }
  return {
    async readOn() {
      if (doubtful || reached === undefined) return findPlace()
      const waitMs = complete ? blockMs : 1
      const read = await stream.xread("COUNT", READ_COUNT, "BLOCK", waitMs, "STREAMS", key, reached)
      // The connection was renewed under the read, perhaps to another server: find the place first, then read again.
      if (doubtful || signal.aborted) return
      const entries = read?.[0]?.[1] ?? []
      for (const [id, fields] of entries) tell(id, readEvent(fields))
      complete = entries.length < READ_COUNT
      if (!complete) return
      wholeAt = uptime()
      lag ??= { last: null, max: null }
    },
    doubt() {
      doubtful = true
      complete = false
    },
    reached: () => reached,
    position: () => (complete && uptime() - wholeAt < blockMs / 1000 + ANSWER_SECONDS ? reached : undefined),
    lag: () => lag ?? { last: null, max: null },
  }
}

const lagWith = ({ max }: RevocationLag, last: number): RevocationLag => ({ last, max: Math.max(max ?? 0, last) })

/** Where nothing stands, nothing tells what was lost. */
const gapBefore = (reached: string): string | undefined => (reached === BEGINNING ? undefined : reached)

/** Undefined for what is not a revocation as we know them. */
function readEvent(fields: readonly string[]): RevocationEvent | undefined {
  const value = (name: string): string => {
    const at = fields.findIndex((field, i) => i % 2 === 0 && field === name)
    return at < 0 ? "" : (fields[at + 1] ?? "")
  }
  const [kind, grantId, jti, subject, clientId] = ["kind", "grantId", "jti", "subject", "clientId"].map(value)
  if (kind === "token" && grantId && jti) return { kind, grantId, jti }
  if (kind === "grant" && grantId) return { kind, grantId }
  if (kind === "subject" && subject) return { kind, subject }
  if (kind === "client" && clientId) return { kind, clientId }
  return undefined
}
