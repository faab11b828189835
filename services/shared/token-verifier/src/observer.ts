/** What a verifier tells whoever counts: words of closed lists and durations, and nothing of any token, client or person. */
import type { CacheLabel } from "./trail.ts"
import type { InvalidReason, UnavailableReason, Validation } from "./validation.ts"

/** An authorization server by its place among the options. An issuer may be any text; these are few, and stay when it changes. */
export const SERVER_POSITIONS = [
  "primary",
  "secondary",
  "third",
  "fourth",
  "fifth",
  "sixth",
  "seventh",
  "eighth",
  "further",
] as const
export type ServerPosition = (typeof SERVER_POSITIONS)[number]

export const positionOf = (index: number): ServerPosition => SERVER_POSITIONS[index] ?? "further"

/** How one request to an authorization server ended. `error`: we broke it off, or failed ourselves. */
export const INTROSPECTION_RESULTS = [
  "active",
  "inactive",
  "timeout",
  "network",
  "refused",
  "rate_limited",
  "bad_response",
  "credentials_rejected",
  "error",
] as const
export type IntrospectionResult = (typeof INTROSPECTION_RESULTS)[number]

/** How the tokens of an authorization server are validated. `undecided`: it has not been reached yet. */
export const STRATEGY_LABELS = ["introspection", "jwt", "hybrid", "provider-api", "in-process", "undecided"] as const
export type StrategyLabel = (typeof STRATEGY_LABELS)[number]

/** The local cache: active tokens, and the others. */
export const CACHE_TIERS = ["positive", "negative"] as const
export type CacheTier = (typeof CACHE_TIERS)[number]

export interface ObservedValidation {
  /** Whose word decided; `none` when it took nobody's. */
  server: ServerPosition | "none"
  outcome: Validation["outcome"]
  /** `none` for a valid token. */
  reason: InvalidReason | UnavailableReason | "none"
  /** Of that server. */
  strategy: StrategyLabel | "none"
  cache: CacheLabel
  seconds: number
}

/** Every call is made synchronously, on the way of a token: it must be quick, and must not throw. */
export interface Observer {
  /** A token was judged. Not told of those whose caller hung up first. */
  validated(validation: ObservedValidation): void
  /** A single request was answered, or was not: a question takes several when it is retried, none while the circuit is open. */
  introspected(request: { server: ServerPosition; result: IntrospectionResult; seconds: number }): void
  /** A request is made again. */
  retried(server: ServerPosition): void
  /** One more caller waits for an answer that another has asked for. */
  sharedFlight(server: ServerPosition): void
  /** An answer was used whose time is over. */
  staleServed(server: ServerPosition): void
  /** Something was forgotten before its time, to make room. */
  evicted(tier: CacheTier): void
  /** Signing keys were read, or could not be. */
  keysRead(read: { server: ServerPosition; outcome: "success" | "failure" }): void
}

/** The same for one authorization server, which does not know its place. */
export interface ServerObserver {
  introspected(result: IntrospectionResult, seconds: number): void
  retried(): void
  sharedFlight(): void
  staleServed(): void
  evicted(tier: CacheTier): void
  keysRead(outcome: "success" | "failure"): void
}

const nobody: Observer = {
  validated: () => {},
  introspected: () => {},
  retried: () => {},
  sharedFlight: () => {},
  staleServed: () => {},
  evicted: () => {},
  keysRead: () => {},
}

/** Whoever listens to a part of it hears that part. */
export const listening = (observer: Partial<Observer> = {}): Observer => ({ ...nobody, ...observer })

export const observerOf = (observer: Observer, server: ServerPosition): ServerObserver => ({
  introspected: (result, seconds) => observer.introspected({ server, result, seconds }),
  retried: () => observer.retried(server),
  sharedFlight: () => observer.sharedFlight(server),
  staleServed: () => observer.staleServed(server),
  evicted: (tier) => observer.evicted(tier),
  keysRead: (outcome) => observer.keysRead({ server, outcome }),
})
