/** Metrics that hear nothing: what the metrics of a service are measured against. */
import type { Metrics } from "@gatehouse/service-kit"

const doNothing = () => {}

export const deafMetrics: Metrics = {
  counter: () => ({ add: doNothing }),
  histogram: () => ({ observe: doNothing }),
  gauge: () => ({ set: doNothing }),
  expose: async () => ({ contentType: "text/plain", body: "" }),
  specs: () => [],
}
