/** What was revoked lately: enough to refuse what a cache or an answer on its way still calls active. */
import type { RevocationEvent } from "@gatehouse/oauth"
import type { ActiveToken } from "../introspection.ts"

export interface RecentRevocations {
  /** Where we are in the order of events: taken before asking, compared after. */
  mark(): number
  add(event: RevocationEvent): void
  /** Some events were missed: whatever was known before is doubtful. */
  addGap(): void
  /** The token itself or its grant was revoked, which nothing undoes. */
  isRevoked(token: ActiveToken): boolean
  /** Whether something that happened after `since` may have made this answer untrue. */
  overtook(token: ActiveToken, since: number): boolean
}

/** Answers must not be cached and on their way together for longer than this. */
export const REVOCATION_MEMORY_SECONDS = 300

export interface RecentRevocationsOptions {
  /** Monotonic seconds. */
  uptime: () => number
  /** More events than this at once are a gap: memory stays bounded, and what is cached is asked again. */
  maxEvents?: number
}

const keyOf = (event: RevocationEvent): string => {
  if (event.kind === "token") return `jti:${event.jti}`
  if (event.kind === "grant") return `grant:${event.grantId}`
  return event.kind === "subject" ? `sub:${event.subject}` : `client:${event.clientId}`
}

/** Nothing is searched when an event comes; a token looks up its own four names when it is used. */
export function createRecentRevocations(options: RecentRevocationsOptions): RecentRevocations {
  const { uptime, maxEvents = 100_000 } = options
  const events = new Map<string, { mark: number; forgetAt: number }>() // oldest first
  let mark = 0
  let gapMark = 0

  const happened = (key: string, since: number): boolean => (events.get(key)?.mark ?? 0) > since
  const finallyRevoked = ({ jti, grant_id }: ActiveToken, since: number): boolean =>
    (jti !== undefined && happened(`jti:${jti}`, since)) ||
    (grant_id !== undefined && happened(`grant:${grant_id}`, since))

  const forgetOld = () => {
    for (const [key, { forgetAt }] of events) {
      if (forgetAt > uptime()) return
      events.delete(key)
    }
  }
  const addGap = () => {
    gapMark = ++mark
  }

  return {
    mark: () => mark,
    addGap,
    add(event) {
      forgetOld()
      if (events.size >= maxEvents) {
        events.clear()
        addGap()
      }
      const key = keyOf(event)
      events.delete(key) // so that it stands last again
      events.set(key, { mark: ++mark, forgetAt: uptime() + REVOCATION_MEMORY_SECONDS })
    },
    isRevoked: (token) => finallyRevoked(token, 0),
    overtook: (token, since) =>
      gapMark > since ||
      finallyRevoked(token, since) ||
      (token.sub !== undefined && happened(`sub:${token.sub}`, since)) ||
      (token.client_id !== undefined && happened(`client:${token.client_id}`, since)),
  }
}
