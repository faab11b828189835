/** The feed between processes: follows the Redis stream that every revocation is appended to. */
import { setTimeout as pause } from "node:timers/promises"
import { REVOCATION_STREAM, type RevocationEvent } from "@gatehouse/oauth"
import type { Log } from "../log.ts"
import { localRevocations, type RevocationFeed } from "./revocation-feed.ts"

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
}

export interface RevocationFollower extends RevocationFeed {
  health(): { following: boolean; position: string | null }
  /** Ends the reading. The connection is closed by whoever opened it: a read in progress ends with it. */
  close(): void
}

const BEGINNING = "0-0"

/**
 * Begins at the stream's present end. After a reconnect it goes on from the last entry it saw, when that one still stands in
 * the stream; when it does not, entries may have been trimmed or lost between, and subscribers are told of a gap.
 */
export function followRevocations(options: FollowOptions): RevocationFollower {
  const { stream, log, blockMs = 500, retryMs = 100 } = options
  const key = options.keyPrefix + REVOCATION_STREAM
  const subscribers = localRevocations()
  const closing = new AbortController()
  let position: string | undefined
  let doubtful = true // the connection is new, or broke: what was missed is not known yet
  let failed = false

  const onReady = () => {
    doubtful = true
  }
  const findPosition = async () => {
    doubtful = false // before asking: a reconnect meanwhile makes it doubtful again
    const last = position
    if (last === BEGINNING || (last !== undefined && (await stream.xrange(key, last, last)).length > 0)) return
    position = (await stream.xrevrange(key, "+", "-", "COUNT", 1))[0]?.[0] ?? BEGINNING
    if (last !== undefined) log?.warn({ last, position }, "revocations may have been missed: caches are emptied")
    // At the start too: what was cached before this moment was not watched.
    subscribers.publishGap()
  }
  const readOn = async () => {
    if (doubtful || position === undefined) return findPosition()
    const read = await stream.xread("COUNT", 1000, "BLOCK", blockMs, "STREAMS", key, position)
    // The connection was renewed under the read, perhaps to another server: find the place first, then read again.
    if (doubtful || closing.signal.aborted) return
    for (const [id, fields] of read?.[0]?.[1] ?? []) {
      position = id
      const event = readEvent(fields)
      if (event) subscribers.publish(event)
      else subscribers.publishGap() // a kind that only a newer release knows: it may be about anything
    }
  }
  const follow = async () => {
    while (!closing.signal.aborted) {
      try {
        await readOn()
        if (failed) log?.info({ position }, "revocations are followed again")
        failed = false
      } catch (error) {
        if (closing.signal.aborted) return
        if (!failed)
          log?.warn({ why: String(error) }, "revocations cannot be followed: cached answers live out their time")
        failed = true
        doubtful = true
        await pause(retryMs, undefined, { signal: closing.signal }).catch(() => {})
      }
    }
  }

  stream.on("ready", onReady)
  void follow()
  return {
    subscribe: subscribers.subscribe,
    health: () => ({ following: !failed && position !== undefined, position: position ?? null }),
    close() {
      closing.abort()
      stream.off("ready", onReady)
    },
  }
}

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
