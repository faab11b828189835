/** An authorization server as the verifier sees it, wherever it runs. */
import type { DiscoveredMetadata } from "../discovery/discovery.ts"
import type { Introspect } from "../introspection.ts"
import type { Audience } from "../judge.ts"
import type { RecentRevocations } from "../revocation/recent-revocations.ts"
import type { InvalidReason } from "../validation.ts"
import type { OutageWatch } from "./outage.ts"

/** How tokens of one authorization server are validated, and why so: for the start-up line and `/health`. */
export interface StrategyReport {
  name: string
  why: string
}

export interface Authority {
  strategy(): StrategyReport
  introspect: Introspect
  /** As its own metadata writes it. */
  issuer(): string
  /** Whether a token that names this issuer may be its own: what nobody has vouched for yet. */
  accepts(named: string, payload: Readonly<Record<string, unknown>>): boolean
  /** Whom its tokens must be for, and from which clients. */
  audience: Audience
  /** What stands in front of our scope names in its own. */
  scopePrefix: string
  /** What clients are told to ask for there, in place of our own scopes; undefined: ours. */
  advertisedScopes: readonly string[] | undefined
  metadata(): DiscoveredMetadata | undefined
  /** Hears why one of its tokens was refused. */
  refused?(reason: InvalidReason): void
  /** Resolves when it can decide for the first time. */
  start(signal: AbortSignal): Promise<void>
  /** Forgets what it remembers of answers. */
  forget(): void
  health(): object
  close(): Promise<void>
}

/** What every authority is given. */
export interface Surroundings {
  issuer: string
  outages: OutageWatch
  revocations: RecentRevocations
  /** Seconds since 1970. */
  now: () => number
  /** Monotonic seconds. */
  uptime: () => number
}
