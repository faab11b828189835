/** `soak`: hours of the mix. Does anything grow that should not: the time of an answer, or memory? */

import exec from "k6/execution"
import { Gauge, Trend } from "k6/metrics"
import { findAuthorizationServer } from "./lib/authorization-server.ts"
import { presentNextBad } from "./lib/mcp.ts"
import { readMetric } from "./lib/metrics-page.ts"
import { type MixData, mixScenarios, presentCold, presentHot, setUpMix } from "./lib/mix.ts"
import { arrivals, BAD, COLD, fewOf, HOT, optionsOf, summaryOf } from "./lib/run.ts"
import { durationSeconds, METRICS_URLS, MOST_MEGABYTES, ratePerSecond } from "./lib/settings.ts"

const [rate, seconds] = [ratePerSecond(57.5, 57.5), durationSeconds(7_200, 10)]
const MEMORY = "process_resident_memory_bytes"
const megabytes = new Trend("resident_megabytes")
const growth = new Gauge("memory_growth")
/** Nothing is learned about growth before caches are full and the heap has its size. */
const WARM_UP = 0.25
const GROWS_FROM_SECONDS = 600

export const options = optionsOf({
  scenarios: {
    ...mixScenarios(rate, seconds),
    ...(METRICS_URLS.length > 0 && { memory: arrivals("memory", 1, seconds) }),
  },
  limits: { hot: HOT, cold: COLD, garbage: BAD },
  dropped: fewOf(rate, seconds),
  checks: 0.9999,
  more: METRICS_URLS.length > 0 ? { resident_megabytes: [`max<${MOST_MEGABYTES}`], memory_growth: ["value<1.5"] } : {},
})
export const handleSummary = summaryOf("soak")

export const setup = (): MixData => setUpMix(findAuthorizationServer(), rate, seconds)
export const hit = presentHot
export const miss = presentCold
export const invalid = ({ bad }: MixData): unknown => presentNextBad(bad)

let firstMegabytes: number | undefined

/** One virtual user does it, so that it can compare. */
export function memory(): void {
  const bytes = readMetric(MEMORY)
  if (bytes === undefined) return
  const now = bytes / METRICS_URLS.length / 2 ** 20
  megabytes.add(now)
  if (seconds < GROWS_FROM_SECONDS || exec.scenario.progress < WARM_UP) return
  firstMegabytes ??= now
  growth.add(now / firstMegabytes)
}
