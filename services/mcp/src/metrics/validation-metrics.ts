/** Token validations as numbers: what came out, why, whence the answer was, and how long it took. */
import type { LabelsOf, Metrics } from "@gatehouse/service-kit"
import {
  type AuthorizationServerOptions,
  CACHE_LABELS,
  type CacheLabel,
  INVALID_REASONS,
  type InProcessServer,
  type Observer,
  STRATEGY_LABELS,
  UNAVAILABLE_REASONS,
} from "@gatehouse/token-verifier"

/** What the verifier's options say of a server. */
export type ValidatedServer = Pick<AuthorizationServerOptions, "strategy"> | Pick<InProcessServer, "introspect">

/** 0.05 and 0.3 are limits of service level objectives. */
const BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1, 2.5]
/** 0.1 is what a revocation is promised to take at most. */
const LAG_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60]

const labels = {
  outcome: ["valid", "invalid", "unavailable"],
  reason: ["none", ...INVALID_REASONS, ...UNAVAILABLE_REASONS],
  strategy: [...STRATEGY_LABELS, "none"],
  cache: CACHE_LABELS,
} as const
type Labels = LabelsOf<typeof labels>

export function declareValidationMetrics(metrics: Metrics, servers: readonly ValidatedServer[]) {
  const several = servers.length > 1 ? [refusedWithout("wrong_issuer")] : []
  const zero = [...new Set(servers.flatMap(strategiesOf))].flatMap(combinationsOf).concat(several)
  const validations = metrics.counter({
    name: "mcp_token_validations_total",
    help: "Tokens that were judged, and requests without one, by what came out, why, and whence the answer was.",
    labels,
    zero: [...withoutServer, ...zero],
  })
  const durations = metrics.histogram({
    name: "mcp_token_validation_duration_seconds",
    help: "From the token to the judgement, by what came out and whence the answer was.",
    labels: { outcome: labels.outcome, cache: labels.cache },
    buckets: BUCKETS_SECONDS,
    zero: distinct([...withoutServer, ...zero].map(({ outcome, cache }) => ({ outcome, cache }))),
  })
  const lag = metrics.histogram({
    name: "mcp_auth_revocation_lag_seconds",
    help: "From the time that Redis gave a revocation to its arrival here.",
    labels: {},
    buckets: LAG_BUCKETS_SECONDS,
  })
  const validated: Observer["validated"] = (validation) => {
    validations.add(validation)
    durations.observe(validation, validation.seconds)
  }
  return { validated, revocationLag: (seconds: number) => lag.observe({}, seconds) }
}

type ServerStrategy = "introspection" | "jwt" | "hybrid" | "provider-api" | "in-process"

/** What it can turn out to be validated by. */
function strategiesOf(server: ValidatedServer): ServerStrategy[] {
  if ("introspect" in server) return ["in-process"]
  const { strategy = "auto" } = server
  return strategy === "auto" ? ["introspection", "jwt", "hybrid", "provider-api"] : [strategy]
}

/** Refused by its form, so that it took nobody's word. */
const refusedWithout = (reason: Labels["reason"]): Labels => ({
  outcome: "invalid",
  reason,
  strategy: "none",
  cache: "none",
})
const withoutServer = (["missing", "malformed"] as const).map(refusedWithout)

/** What becomes of answers that are remembered: a refusal, or a token whose end has come since. */
const REMEMBERED_REFUSALS = [
  ["inactive", "l1"],
  ["expired", "l1"],
  ["revoked", "l1"],
  ["expired", "l2"],
  ["revoked", "l2"],
] as const

/**
 * What a running service meets. The others are there from their first time on, which costs `rate` all that happened between two
 * scrapes: a first burst of them is not seen.
 */
function combinationsOf(strategy: ServerStrategy): Labels[] {
  const found: CacheLabel = strategy === "in-process" ? "none" : "miss"
  const remembered: CacheLabel[] = strategy === "in-process" ? [] : ["l1", "l2", "stale"]
  const refusals = INVALID_REASONS.filter((reason) => reason !== "missing" && reason !== "insufficient_scope")
  const refused = (reason: Labels["reason"], cache: CacheLabel): Labels => ({
    outcome: "invalid",
    reason,
    strategy,
    cache,
  })
  return [
    ...[found, ...remembered].map((cache): Labels => ({ outcome: "valid", reason: "none", strategy, cache })),
    ...refusals.map((reason) => refused(reason, found)),
    ...REMEMBERED_REFUSALS.filter(([, cache]) => remembered.includes(cache)).map(([reason, cache]) =>
      refused(reason, cache),
    ),
    ...(strategy === "hybrid" ? [refused("unknown", "none")] : []), // no JWT by its form: nothing is looked up
    ...UNAVAILABLE_REASONS.map((reason): Labels => ({ outcome: "unavailable", reason, strategy, cache: found })),
  ]
}

const distinct = <T extends object>(all: readonly T[]): T[] => [
  ...new Map(all.map((each) => [JSON.stringify(each), each])).values(),
]
