/** An authorization server as the verifier sees it, wherever it runs. */
import type { DiscoveredMetadata } from "../discovery/discovery.ts"
import type { Lookup } from "../introspection.ts"
import type { Audience } from "../judge.ts"
import type { CircuitState } from "../layers/circuit-breaker.ts"
import type { CacheTier, ServerObserver, StrategyLabel } from "../observer.ts"
import type { RecentRevocations } from "../revocation/recent-revocations.ts"
import type { InvalidReason } from "../validation.ts"
import type { OutageWatch } from "./outage.ts"

/** How tokens of one authorization server are validated, and why so: for the start-up line and `/health`. */
export interface StrategyReport {
  name: StrategyLabel
  why: string
}

/** How an authorization server and the way to it are, in numbers: for metrics. */
export interface AuthorityStats {
  /** Whether it could decide, when it was last asked or its keys were last read. */
  up: boolean
  circuit: CircuitState
  /** Questions on their way, and those that wait for a place. */
  inFlight: number
  queued: number
  /** Answers that are remembered. */
  cached: Record<CacheTier, number>
  /** Undefined where no signatures are checked. `ageSeconds`: since they were read; undefined before the first time. */
  keys: { count: number; ageSeconds: number | undefined } | undefined
}

export interface Authority {
  strategy(): StrategyReport
  introspect: Lookup
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
  stats(): AuthorityStats
  close(): Promise<void>
}

/** What every authority is given. */
export interface Surroundings {
  issuer: string
  outages: OutageWatch
  observer: ServerObserver
  revocations: RecentRevocations
  /** Seconds since 1970. */
  now: () => number
  /** Monotonic seconds. */
  uptime: () => number
}
