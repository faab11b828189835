/** An authorization server as the verifier sees it, wherever it runs. */
import type { DiscoveredMetadata } from "../discovery/discovery.ts"
import type { Introspect } from "../introspection.ts"
import type { RecentRevocations } from "../revocation/recent-revocations.ts"
import type { OutageWatch } from "./outage.ts"

export interface Authority {
  strategy: { name: string; why: string }
  introspect: Introspect
  /** As its own metadata writes it. */
  issuer(): string
  metadata(): DiscoveredMetadata | undefined
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
