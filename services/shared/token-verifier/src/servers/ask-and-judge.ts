/** One authorization server's word about one token, and what follows from it for this request. */
import { judge } from "../judge.ts"
import type { RecentRevocations } from "../revocation/recent-revocations.ts"
import { newTrail } from "../trail.ts"
import { Unavailable } from "../unavailable.ts"
import type { Validate } from "./validate-with.ts"

export interface JudgingOptions {
  revocations: Pick<RecentRevocations, "isRevoked">
  /** Seconds since 1970. */
  now: () => number
}

export const askAndJudge =
  ({ revocations, now }: JudgingOptions): Validate =>
  async (authority, token, signal) => {
    const trail = newTrail()
    try {
      const answer = await authority.introspect(token, signal, trail)
      const { issuer, audience } = authority
      const validation = judge(answer, { issuer: issuer(), audience, now: now(), isRevoked: revocations.isRevoked })
      if (validation.outcome === "invalid") authority.refused?.(validation.reason)
      return { validation, authority, cache: trail.cache }
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      const { reason, retryAfterSeconds } = error
      return { validation: { outcome: "unavailable", reason, retryAfterSeconds }, authority, cache: trail.cache }
    }
  }
