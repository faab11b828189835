/** The authorization servers and the way to them as numbers: requests, circuit, memory, keys. */
import type { Metrics } from "@gatehouse/service-kit"
import {
  CACHE_TIERS,
  INTROSPECTION_RESULTS,
  type Observer,
  SERVER_POSITIONS,
  type ServerStats,
  type TokenVerifier,
} from "@gatehouse/token-verifier"

type Source = Pick<TokenVerifier, "stats">
const ofServer = { server: SERVER_POSITIONS } as const
const READ_OUTCOMES = ["success", "failure"] as const
/** 0.05 and 0.3 are limits of service level objectives. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1, 2.5, 5]

const circuitNumber: Record<ServerStats["circuit"], number> = { closed: 0, half_open: 1, open: 2 }

export function declareAuthorizationServerMetrics(metrics: Metrics, count: number) {
  const servers = SERVER_POSITIONS.slice(0, count).map((server) => ({ server }))
  return { ...declareRequests(metrics, servers), ...declareMemory(metrics, servers), ...declareState(metrics) }
}

type Servers = readonly { server: (typeof SERVER_POSITIONS)[number] }[]

function declareRequests(metrics: Metrics, servers: Servers) {
  const results = servers.flatMap(({ server }) => INTROSPECTION_RESULTS.map((result) => ({ server, result })))
  const labels = { ...ofServer, result: INTROSPECTION_RESULTS }
  const requests = metrics.counter({
    name: "mcp_introspection_requests_total",
    help: "Requests to the introspection endpoint or the provider's API, each try and each probe, by how they ended.",
    labels,
    zero: results,
  })
  const durations = metrics.histogram({
    name: "mcp_introspection_duration_seconds",
    help: "From a request to its answer or its failure.",
    labels,
    buckets: BUCKETS_SECONDS,
    zero: results,
  })
  const retries = metrics.counter({
    name: "mcp_introspection_retries_total",
    help: "Requests that were made again after a failure that may pass.",
    labels: ofServer,
    zero: servers,
  })
  const observed: Pick<Observer, "introspected" | "retried"> = {
    introspected: (request) => {
      requests.add(request)
      durations.observe(request, request.seconds)
    },
    retried: (server) => retries.add({ server }),
  }
  return observed
}

function declareMemory(metrics: Metrics, servers: Servers) {
  const shared = metrics.counter({
    name: "mcp_auth_single_flight_shared_total",
    help: "Validations that waited for a question which another had asked about the same token.",
    labels: ofServer,
    zero: servers,
  })
  const stale = metrics.counter({
    name: "mcp_auth_stale_served_total",
    help: "Answers used past their time, because the authorization server could not be asked.",
    labels: ofServer,
    zero: servers,
  })
  const evictions = metrics.counter({
    name: "mcp_auth_cache_evictions_total",
    help: "Remembered answers that were dropped before their time to make room: active tokens, and the others.",
    labels: { tier: CACHE_TIERS },
  })
  const reads = metrics.counter({
    name: "mcp_jwks_refresh_total",
    help: "Readings of signing keys, by whether they succeeded; after a failure the last good keys stay in use.",
    labels: { ...ofServer, outcome: READ_OUTCOMES },
    zero: servers.flatMap(({ server }) => READ_OUTCOMES.map((outcome) => ({ server, outcome }))),
  })
  const observed: Pick<Observer, "sharedFlight" | "staleServed" | "evicted" | "keysRead"> = {
    sharedFlight: (server) => shared.add({ server }),
    staleServed: (server) => stale.add({ server }),
    evicted: (tier) => evictions.add({ tier }),
    keysRead: (read) => reads.add(read),
  }
  return observed
}

/** What is asked for when somebody looks; nothing before there is a verifier. */
function declareState(metrics: Metrics) {
  let source: Source | undefined
  const gauge = (name: string, help: string, read: (stats: ServerStats) => number | undefined) =>
    metrics.gauge({ name, help, labels: ofServer }, () =>
      (source?.stats() ?? []).flatMap((stats) => {
        const value = read(stats)
        return value === undefined ? [] : [[{ server: stats.server }, value] as const]
      }),
    )
  gauge("mcp_introspection_in_flight", "Questions on their way to the authorization server.", (s) => s.inFlight)
  gauge("mcp_introspection_queued", "Questions that wait because too many are on their way.", (s) => s.queued)
  gauge("mcp_auth_circuit_state", "The circuit: 0 closed, 1 half open, 2 open.", (s) => circuitNumber[s.circuit])
  gauge("mcp_auth_server_up", "1 while the authorization server gives usable answers; 0 otherwise.", (s) =>
    Number(s.up),
  )
  gauge("mcp_jwks_keys", "Signing keys in use, where signatures are checked.", (s) => s.keys?.count)
  gauge("mcp_jwks_age_seconds", "Since the signing keys were last read.", (s) => s.keys?.ageSeconds)
  metrics.gauge(
    {
      name: "mcp_auth_cache_entries",
      help: "Answers remembered in this process: active tokens, and the others.",
      labels: { tier: CACHE_TIERS },
    },
    () =>
      CACHE_TIERS.map((tier) => {
        const entries = (source?.stats() ?? []).reduce((sum, { cached }) => sum + cached[tier], 0)
        return [{ tier }, entries] as const
      }),
  )
  return {
    watchServers: (verifier: Source) => {
      source = verifier
    },
  }
}
