/** How the MCP server judges tokens: outcomes, reasons, cache, speed, and what it asks the authorization server. */
import { graph, of, quantile, rateOf } from "./panels.ts"

const VALIDATIONS = "mcp_token_validations_total"
const DURATION = "mcp_token_validation_duration_seconds"

export const tokenValidation = () => ({
  "What clients see": outcomes(),
  "What is remembered": memory(),
  "What is asked": questions(),
  "What tokens are used for": operations(),
})

const outcomes = () => [
  graph({
    title: "Validations by outcome",
    description: "valid: 200. invalid: 401 or 403. unavailable: 503, which is never the token's fault.",
    unit: "reqps",
    lines: { "{{outcome}}": `sum by (outcome) (${rateOf(VALIDATIONS)})` },
  }),
  graph({
    title: "Cannot tell, by reason",
    description: "What docs/runbooks/TokensUndecided.md has a line for each of.",
    unit: "reqps",
    lines: { "{{reason}}": `sum by (reason) (${rateOf(VALIDATIONS, 'outcome="unavailable"')})` },
  }),
  graph({
    title: "Refused, by reason",
    description: "missing is the first request of every client, and no fault.",
    unit: "reqps",
    lines: { "{{reason}}": `sum by (reason) (${rateOf(VALIDATIONS, 'outcome="invalid"')})` },
  }),
  graph({
    title: "Duration",
    description: "The objective is 50 ms for 99 of 100. Dots lead to traces.",
    unit: "s",
    exemplars: true,
    lines: {
      "p99 {{cache}}": quantile(0.99, DURATION, { by: "cache" }),
      p50: quantile(0.5, DURATION),
    },
  }),
]

const memory = () => [
  graph({
    title: "Where answers come from",
    description: "l1: this replica's memory. l2: shared through Redis. miss: the authorization server was asked.",
    unit: "reqps",
    lines: { "{{cache}}": `sum by (cache) (${rateOf(VALIDATIONS)})` },
  }),
  graph({
    title: "Entries, and what is dropped to make room",
    description: "Steady evictions mean that more tokens are in use than the cache holds.",
    unit: "short",
    lines: {
      "{{tier}}": `sum by (tier) (${of("mcp_auth_cache_entries")})`,
      "dropped / s": `sum(${rateOf("mcp_auth_cache_evictions_total")})`,
    },
  }),
  graph({
    title: "Stale answers",
    description:
      "Used beyond their time while the authorization server cannot be asked; only with STALE_IF_ERROR_SECONDS.",
    unit: "reqps",
    lines: { stale: `sum(${rateOf("mcp_auth_stale_served_total")})` },
  }),
  graph({
    title: "Revocations: from the authorization server to here",
    description: "100 ms is what we promise.",
    unit: "s",
    lines: { p99: quantile(0.99, "mcp_auth_revocation_lag_seconds") },
  }),
]

const questions = () => [
  graph({
    title: "Requests to the authorization server, by result",
    description: "active and inactive are answers; the rest is why there was none.",
    unit: "reqps",
    lines: {
      "{{result}}": `sum by (result) (${rateOf("mcp_introspection_requests_total")})`,
      "tried again": `sum(${rateOf("mcp_introspection_retries_total")})`,
    },
  }),
  graph({
    title: "How long it takes",
    description: "Each try; 2 s are the limit.",
    unit: "s",
    exemplars: true,
    lines: {
      p95: quantile(0.95, "mcp_introspection_duration_seconds"),
      p50: quantile(0.5, "mcp_introspection_duration_seconds"),
    },
  }),
  graph({
    title: "Circuit and questions in flight",
    description:
      "0: closed. 1: one question probes. 2: open, nobody asks. At most 64 questions are in flight at a replica.",
    unit: "short",
    lines: {
      "circuit {{server}}": `max by (server) (${of("mcp_auth_circuit_state")})`,
      "in flight": `sum(${of("mcp_introspection_in_flight")})`,
    },
  }),
  graph({
    title: "Callers who shared a question",
    description: "Many with one cold token cost the authorization server one question.",
    unit: "reqps",
    lines: { shared: `sum(${rateOf("mcp_auth_single_flight_shared_total")})` },
  }),
]

const operations = () => [
  graph({
    title: "MCP operations",
    description: "By method.",
    unit: "reqps",
    lines: {
      "{{mcp_method_name}}": `sum by (mcp_method_name) (${rateOf("mcp_server_operation_duration_seconds_count")})`,
    },
  }),
  graph({
    title: "Duration of tools",
    description: "p95 by tool.",
    unit: "s",
    exemplars: true,
    lines: {
      "{{tool}}": quantile(0.95, "mcp_server_operation_duration_seconds", {
        labels: 'mcp_method_name="tools/call"',
        by: "tool",
      }),
    },
  }),
]
