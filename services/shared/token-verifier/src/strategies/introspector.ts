/** How tokens are asked about: every layer between a caller and the wire, in one visible stack a strategy. */
import type { LocalCache } from "../cache/local-cache.ts"
import type { SharedCache } from "../cache/shared-cache.ts"
import type { Introspect, Lookup } from "../introspection.ts"
import type { CircuitBreaker } from "../layers/circuit-breaker.ts"
import { withBackOff } from "../layers/with-back-off.ts"
import { withCacheFill, withCacheLookup } from "../layers/with-cache.ts"
import { withCircuitBreaker } from "../layers/with-circuit-breaker.ts"
import { type ConcurrencyLimit, withConcurrencyLimit } from "../layers/with-concurrency-limit.ts"
import { withObserver } from "../layers/with-observer.ts"
import { withRetry } from "../layers/with-retry.ts"
import { withSharedCache } from "../layers/with-shared-cache.ts"
import { withSingleFlight } from "../layers/with-single-flight.ts"
import { type StaleAnswers, withStaleIfError } from "../layers/with-stale-if-error.ts"
import { withTimeout } from "../layers/with-timeout.ts"
import type { ServerObserver } from "../observer.ts"
import type { Limits } from "../options.ts"
import type { OutageWatch } from "../servers/outage.ts"
import { type HybridOptions, withFormCheck, withSignatureCheck, withSignedClaims } from "./hybrid.ts"

export interface IntrospectorOptions {
  cache: LocalCache
  shared: SharedCache | undefined
  stale: StaleAnswers
  outages: OutageWatch
  limit: ConcurrencyLimit
  breaker: CircuitBreaker
  limits: Limits
  observer: ServerObserver
  /** Monotonic seconds. */
  uptime: () => number
}

/** Read from the inside out: what is nearest to the wire comes first. `once` asks with a single request. */
export const askServer = (o: IntrospectorOptions, once: Introspect): Introspect =>
  o.outages.watch(
    withTimeout(
      o.limits.overallTimeoutMs,
      withConcurrencyLimit(
        o.limit,
        withCircuitBreaker(
          o.breaker,
          withBackOff(
            o.uptime,
            withRetry(
              { ...o.limits, onRetry: o.observer.retried },
              withObserver(o, withTimeout(o.limits.perTryTimeoutMs, once)),
            ),
          ),
        ),
      ),
    ),
  )

/** What is asked is remembered: here, and where the other replicas find it. */
const remembering = (o: IntrospectorOptions, ask: Introspect): Lookup =>
  withStaleIfError(o.stale, withCacheFill(o.cache, withSharedCache(o.shared, ask)))

/** Opaque tokens: whatever is not remembered is asked about. */
export const introspector = (o: IntrospectorOptions, once: Introspect): Lookup =>
  withCacheLookup(o.cache, withSingleFlight(remembering(o, askServer(o, once)), o.observer.sharedFlight))

/** JWTs of a server that can also be asked: only what its signature vouches for reaches it. */
export const hybridIntrospector = (o: IntrospectorOptions, hybrid: HybridOptions, once: Introspect): Lookup =>
  withFormCheck(
    hybrid,
    withCacheLookup(
      o.cache,
      withSingleFlight(
        withSignatureCheck(hybrid, remembering(o, withSignedClaims(hybrid, askServer(o, once)))),
        o.observer.sharedFlight,
      ),
    ),
  )

/** JWTs alone. */
export const jwtIntrospector = (
  o: Pick<IntrospectorOptions, "cache" | "outages" | "observer">,
  signed: Introspect,
): Lookup => withCacheLookup(o.cache, withSingleFlight(o.outages.watch(signed), o.observer.sharedFlight))
