/** A verifier whose every event is counted, in front of a scripted authorization server, and what grows while something is done. */
import { createMetrics, type Metrics } from "@gatehouse/service-kit"
import { type Exposed, readExposition } from "@gatehouse/test-kit"
import type { TokenVerifierOptions } from "@gatehouse/token-verifier"
import {
  credentials,
  type IssuingServer,
  startIssuingServer,
  startVerifierFor,
} from "../../shared/token-verifier/test/issuing-server.ts"
import { createMcpMetrics } from "../src/index.ts"

type Server = TokenVerifierOptions["servers"][number]

/** Verifies tokens of the servers, and counts. Nobody probes unless a circuit is open. */
export async function startMeasuredFor(servers: readonly Server[], options: Partial<TokenVerifierOptions> = {}) {
  const metrics = createMetrics({ name: "mcp", version: "0.0.0" })
  const { observer, watchServers } = createMcpMetrics(metrics, servers)
  const limits = { probeSeconds: 1e9, ...options.limits }
  const { verifier, clock } = await startVerifierFor(servers, { ...options, observer, limits })
  watchServers(verifier)
  return { verifier, clock, metrics, ...lookingAt(metrics) }
}

type OwnOptions = Partial<Exclude<Server, { introspect: unknown }>>

/** With one authorization server, whose tokens are JWTs, known to introspect. */
export async function startMeasured(own: OwnOptions = {}, options: Partial<TokenVerifierOptions> = {}) {
  const server: IssuingServer = await startIssuingServer()
  const measured = await startMeasuredFor(
    [{ issuer: server.issuer, credentials, strategy: "introspection", ...own }],
    options,
  )
  return { server, ...measured }
}

export const lookingAt = (metrics: Metrics) => {
  const exposed = async (): Promise<Exposed> => readExposition((await metrics.expose()).body)
  return {
    exposed,
    value: async (series: string) => (await exposed()).value(series),
    /** How much counters of this name grew; without one, all that are counted and not measured. */
    growth: async (step: () => Promise<unknown>, name = /_total$/) => {
      const before = await exposed()
      await step()
      return grown(before, await exposed(), name)
    },
  }
}

function grown(before: Exposed, after: Exposed, name: RegExp): Record<string, number> {
  const lines = after.text.split("\n").filter((line) => /^mcp_/.test(line) && name.test(line.split(/[{ ]/)[0] ?? ""))
  const series = lines.map((line) => line.slice(0, line.lastIndexOf(" ")))
  const growths = series.map((each) => [each, (after.value(each) ?? 0) - (before.value(each) ?? 0)] as const)
  return Object.fromEntries(growths.filter(([, by]) => by !== 0))
}

/** The series of a validation. */
export const validation = (outcome: string, reason: string, strategy: string, cache: string) =>
  `mcp_token_validations_total{outcome="${outcome}",reason="${reason}",strategy="${strategy}",cache="${cache}"}`

/** The series of a request to an authorization server. */
export const request = (result: string, server = "primary") =>
  `mcp_introspection_requests_total{server="${server}",result="${result}"}`
