/** The story of an outage: said in the log when it begins, when its reason changes and when it ends; shown by health(). */
import type { Introspect } from "../introspection.ts"
import type { Log } from "../log.ts"
import { Unavailable } from "../unavailable.ts"
import type { UnavailableReason } from "../validation.ts"

export interface OutageWatch {
  /** Watches what this asks. */
  watch(ask: Introspect): Introspect
  failed(error: Unavailable): void
  recovered(): void
  current(): { reason: UnavailableReason; since: number } | undefined
}

export interface OutageOptions {
  issuer: string
  log: Log | undefined
  /** Seconds since 1970. */
  now: () => number
}

export function watchOutages({ issuer, log, now }: OutageOptions): OutageWatch {
  let outage: { reason: UnavailableReason; since: number } | undefined

  const failed = ({ reason, cause }: Unavailable) => {
    // Both are our own doing, and what led to them is the story.
    if (reason === "overloaded" || (reason === "circuit_open" && outage)) return
    if (outage?.reason === reason) return
    outage = { reason, since: outage?.since ?? Math.floor(now()) }
    const why = cause instanceof Error ? cause.message : undefined
    // Our own credentials need a person; everything else may pass.
    const level = reason === "credentials_rejected" ? "error" : "warn"
    log?.[level]({ issuer, reason, why }, "tokens cannot be checked with the authorization server")
  }
  const recovered = () => {
    if (!outage) return
    log?.info({ issuer, since: outage.since }, "the authorization server answers again")
    outage = undefined
  }
  const watch =
    (ask: Introspect): Introspect =>
    async (token, signal) => {
      try {
        const answer = await ask(token, signal)
        recovered()
        return answer
      } catch (error) {
        if (error instanceof Unavailable) failed(error)
        throw error
      }
    }
  return { watch, failed, recovered, current: () => outage }
}
