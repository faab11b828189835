/** How tokens are asked about over HTTP: every layer between a caller and the wire, in one visible stack. */

import type { LocalCache } from "../cache/local-cache.ts"
import type { Introspect } from "../introspection.ts"
import { withBackOff } from "../layers/with-back-off.ts"
import { withCacheFill, withCacheLookup } from "../layers/with-cache.ts"
import { withReconnect } from "../layers/with-reconnect.ts"
import { withSingleFlight } from "../layers/with-single-flight.ts"
import { withTimeout } from "../layers/with-timeout.ts"
import type { OutageWatch } from "../servers/outage.ts"
import { type HttpIntrospectionOptions, httpIntrospection } from "./http-introspection.ts"

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
