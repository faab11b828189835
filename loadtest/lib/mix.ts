/** Known, never seen and bad tokens, 100 : 10 : 5: the traffic that several scripts share. */
import exec from "k6/execution"
import type { Scenario } from "k6/options"
import type { AuthorizationServer } from "./authorization-server.ts"
import { presentGood } from "./mcp.ts"
import { arrivals } from "./run.ts"
import { type BadToken, coldPoolSize, mintBadTokens, mintTokens } from "./tokens.ts"

export const MIX = { hit: 100 / 115, miss: 10 / 115, invalid: 5 / 115 }
export const HOT_TOKENS = 20

export interface MixData {
  hot: string[]
  cold: string[]
  bad: BadToken[]
}

/** The script exports `hit`, `miss` and `invalid`. */
export const mixScenarios = (rate: number, seconds: number): Record<string, Scenario> =>
  Object.fromEntries(Object.entries(MIX).map(([name, share]) => [name, arrivals(name, rate * share, seconds)]))

export function setUpMix(server: AuthorizationServer, rate: number, seconds: number): MixData {
  const tokens = mintTokens(server, HOT_TOKENS + coldPoolSize(Math.ceil(rate * MIX.miss), seconds))
  const hot = tokens.slice(0, HOT_TOKENS)
  for (const token of hot) presentGood(token, "first")
  return { hot, cold: tokens.slice(HOT_TOKENS), bad: mintBadTokens(server) }
}

const next = (tokens: readonly string[]): string => tokens[exec.scenario.iterationInTest % tokens.length] as string

export const presentHot = ({ hot }: MixData): unknown => presentGood(next(hot), "hot")
export const presentCold = ({ cold }: MixData): unknown => presentGood(next(cold), "cold")
