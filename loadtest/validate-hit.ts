/** `validate-hit`: what does a call cost whose token the MCP service knows already? */
import exec from "k6/execution"
import { findAuthorizationServer } from "./lib/authorization-server.ts"
import { presentGood } from "./lib/mcp.ts"
import { arrivals, fewOf, HOT, optionsOf, summaryOf } from "./lib/run.ts"
import { durationSeconds, ratePerSecond } from "./lib/settings.ts"
import { mintTokens } from "./lib/tokens.ts"

const [rate, seconds] = [ratePerSecond(200, 100), durationSeconds(60, 6)]
export const options = optionsOf({
  scenarios: { hit: arrivals("hit", rate, seconds) },
  limits: { hot: HOT },
  dropped: fewOf(rate, seconds),
})
export const handleSummary = summaryOf("validate-hit")

export function setup(): string[] {
  const tokens = mintTokens(findAuthorizationServer(), 20)
  for (const token of tokens) presentGood(token, "first")
  return tokens
}

export function hit(tokens: string[]): void {
  presentGood(tokens[exec.scenario.iterationInTest % tokens.length] as string, "hot")
}
