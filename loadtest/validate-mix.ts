/** `validate-mix`: the traffic of a day, known : never seen : bad tokens = 100 : 10 : 5, at a constant rate of arrival. */
import { findAuthorizationServer } from "./lib/authorization-server.ts"
import { presentNextBad } from "./lib/mcp.ts"
import { type MixData, mixScenarios, presentCold, presentHot, setUpMix } from "./lib/mix.ts"
import { BAD, COLD, fewOf, HOT, optionsOf, summaryOf } from "./lib/run.ts"
import { durationSeconds, ratePerSecond } from "./lib/settings.ts"

const [rate, seconds] = [ratePerSecond(115, 57.5), durationSeconds(60, 6)]
export const options = optionsOf({
  scenarios: mixScenarios(rate, seconds),
  limits: { hot: HOT, cold: COLD, garbage: BAD, forged: BAD },
  dropped: fewOf(rate, seconds),
  more: { "decisions{kind:hot}": ["count>0"], "decisions{kind:cold}": ["count>0"] },
})
export const handleSummary = summaryOf("validate-mix")

export const setup = (): MixData => setUpMix(findAuthorizationServer(), rate, seconds)
export const hit = presentHot
export const miss = presentCold
export const invalid = ({ bad }: MixData): unknown => presentNextBad(bad)
