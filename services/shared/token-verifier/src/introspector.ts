/** How tokens are asked about over HTTP: every layer between a caller and the wire, in one visible stack. */
import { type HttpIntrospectionOptions, httpIntrospection } from "./http-introspection.ts"
import type { Introspect } from "./introspection.ts"
import type { LocalCache } from "./local-cache.ts"
import type { OutageWatch } from "./outage.ts"
import { withBackOff } from "./with-back-off.ts"
import { withCacheFill, withCacheLookup } from "./with-cache.ts"
import { withReconnect } from "./with-reconnect.ts"
import { withSingleFlight } from "./with-single-flight.ts"
import { withTimeout } from "./with-timeout.ts"

export interface IntrospectorOptions {
  cache: LocalCache
  outages: OutageWatch
  /** Monotonic seconds. */
  uptime: () => number
  /** For everything that one question costs, tries and pauses included. */
  overallTimeoutMs: number
  perTryTimeoutMs: number
  http: HttpIntrospectionOptions
}

/** Read from the inside out: what is nearest to the wire comes first. */
export const createIntrospector = (o: IntrospectorOptions): Introspect =>
  withCacheLookup(
    o.cache,
    withSingleFlight(
      withCacheFill(
        o.cache,
        o.outages.watch(
          withTimeout(
            o.overallTimeoutMs,
            withBackOff(o.uptime, withReconnect(withTimeout(o.perTryTimeoutMs, httpIntrospection(o.http)))),
          ),
        ),
      ),
    ),
  )
