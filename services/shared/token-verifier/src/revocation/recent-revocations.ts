/** What was revoked lately: enough to refuse what a cache or an answer on its way still calls active. */
import type { RevocationEvent } from "@gatehouse/oauth"
import type { ActiveToken } from "../introspection.ts"
import { isAfter } from "./stream-position.ts"

export interface RecentRevocations {
  /** Where we are in the order of events: taken before asking, compared after. */
  mark(): number
  /** @param id its place in the stream that every process hears, if it came from there */
  add(event: RevocationEvent, id?: string): void
  /** Some events were missed: whatever was known before is doubtful. @param id all events after it are known, if given */
  addGap(id?: string): void
  /** The token itself or its grant was revoked, which nothing undoes. */
  isRevoked(token: ActiveToken): boolean
  /** Whether something that happened after `since` may have made this answer untrue. */
  overtook(token: ActiveToken, since: number): boolean
  /** The same order for all processes: the place up to which everything is known here; undefined while that is not certain. */
  position(): string | undefined
  /** `overtook` for an answer that was asked for at that position, perhaps by another process. True where it is not certain. */
  overtookSince(token: ActiveToken, position: string): boolean
  /** Answers must not be cached and on their way together for longer than this. */
  readonly memorySeconds: number
}

/** The default. */
export const REVOCATION_MEMORY_SECONDS = 300

export interface RecentRevocationsOptions {
  /** Monotonic seconds. */
  uptime: () => number
  /** How long the positive and the stale time of a cache and a question's way there and back are together, at least. */
  memorySeconds?: number
  /** The feed's that the events come from; without it answers can be compared within this process only. */
  position?: (() => string | undefined) | undefined
  /** More events than this at once are a gap: memory stays bounded, and what is cached is asked again. */
  maxEvents?: number
}

interface Heard {
  mark: number
  id: string | undefined
  /** Monotonic seconds. */
  forgetAt: number
}

/** By name, oldest first. */
type HeardOf = Map<string, Heard>

const wasHeard = (heard: HeardOf, name: string | undefined, since: number): boolean =>
  name !== undefined && heard.size > 0 && (heard.get(name)?.mark ?? 0) > since

/**
 * Nothing is searched when an event comes; a token looks up its own four names when it is used.
 * @throws RangeError for a memory that is no time
 */
export function createRecentRevocations(options: RecentRevocationsOptions): RecentRevocations {
  const { uptime, memorySeconds = REVOCATION_MEMORY_SECONDS, position = () => undefined, maxEvents = 100_000 } = options
  if (!(memorySeconds > 0)) throw new RangeError(`revocations cannot be remembered for ${memorySeconds} s`)
  const [tokens, grants, subjects, clients]: [HeardOf, HeardOf, HeardOf, HeardOf] = [
    new Map(),
    new Map(),
    new Map(),
    new Map(),
  ]
  const all = [tokens, grants, subjects, clients]
  let mark = 0
  let gap: Heard = { mark: 0, id: undefined, forgetAt: Number.NEGATIVE_INFINITY }

  const now = (id: string | undefined): Heard => ({ mark: ++mark, id, forgetAt: uptime() + memorySeconds })
  const addGap = (id?: string) => {
    gap = now(id)
  }
  const remember = (heard: HeardOf, name: string, id: string | undefined) => {
    heard.delete(name) // so that it stands last again
    heard.set(name, now(id))
  }
  const finallyRevoked = (token: ActiveToken, since: number): boolean =>
    wasHeard(tokens, token.jti, since) || wasHeard(grants, token.grant_id, since)

  return {
    memorySeconds,
    mark: () => mark,
    addGap,
    add(event, id) {
      for (const heard of all) forgetOld(heard, uptime())
      if (all.reduce((sum, { size }) => sum + size, 0) >= maxEvents) {
        for (const heard of all) heard.clear()
        addGap(id)
      }
      if (event.kind === "token") remember(tokens, event.jti, id)
      else if (event.kind === "grant") remember(grants, event.grantId, id)
      else if (event.kind === "subject") remember(subjects, event.subject, id)
      else remember(clients, event.clientId, id)
    },
    isRevoked: (token) => finallyRevoked(token, 0),
    overtook: (token, since) =>
      mark > since &&
      (gap.mark > since ||
        finallyRevoked(token, since) ||
        wasHeard(subjects, token.sub, since) ||
        wasHeard(clients, token.client_id, since)),
    position,
    overtookSince(token, asked) {
      if (position() === undefined) return true
      // Whoever asked when all that we missed had happened, and was heard by them, knew of it.
      if (uptime() < gap.forgetAt && (gap.id === undefined || isAfter(gap.id, asked))) return true
      const names = [token.jti, token.grant_id, token.sub, token.client_id]
      return all.some((heard, i) => {
        const event = heard.get(names[i] ?? "")
        return event !== undefined && (event.id === undefined || isAfter(event.id, asked))
      })
    },
  }
}

function forgetOld(heard: HeardOf, uptime: number): void {
  for (const [name, { forgetAt }] of heard) {
    if (forgetAt > uptime) return
    heard.delete(name)
  }
}
