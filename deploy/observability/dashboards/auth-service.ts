/** The authorization server: what it answers, how fast, to which grants, and what looks like an attack. */
import { graph, of, quantile, rateOf } from "./panels.ts"

const HTTP = "auth_http_request_duration_seconds"

export const authService = () => ({
  "Requests, errors, duration": requests(),
  Grants: grants(),
  Attacks: attacks(),
})

const requests = () => [
  graph({
    title: "Requests by route",
    description: "What is asked.",
    unit: "reqps",
    lines: { "{{method}} {{route}}": `sum by (method, route) (${rateOf(`${HTTP}_count`)})` },
  }),
  graph({
    title: "Failures by route",
    description: "5xx: ours. Without its store the authorization server answers 503.",
    unit: "reqps",
    lines: { "{{route}}": `sum by (route) (${rateOf(`${HTTP}_count`, 'code="5xx"')})` },
  }),
  graph({
    title: "Duration by route, p95",
    description: "Dots lead to traces.",
    unit: "s",
    exemplars: true,
    lines: { "{{route}}": quantile(0.95, HTTP, { by: "route" }) },
  }),
  graph({
    title: "Introspection",
    description: "What resource servers ask, and how long they wait.",
    unit: "short",
    lines: {
      "active={{active}} / s": `sum by (active) (${rateOf("auth_introspection_total")})`,
      "not answered / s": `sum(${rateOf("auth_introspection_failures_total")})`,
      "p95 in seconds": quantile(0.95, "auth_introspection_duration_seconds"),
    },
  }),
]

const grants = () => [
  graph({
    title: "Token requests",
    description: "By grant and result.",
    unit: "reqps",
    lines: { "{{grant_type}} {{result}}": `sum by (grant_type, result) (${rateOf("auth_token_requests_total")})` },
  }),
  graph({
    title: "Why tokens are denied",
    description: "invalid_grant after a release: clients lost their tokens. invalid_client: a secret.",
    unit: "reqps",
    lines: { "{{error}}": `sum by (error) (${rateOf("auth_token_requests_total", 'error!="none"')})` },
  }),
  graph({
    title: "Authorization: from the page to the sign-in",
    description: "Where people stop.",
    unit: "reqps",
    lines: { "{{outcome}}": `sum by (outcome) (${rateOf("auth_authorize_requests_total")})` },
  }),
  graph({
    title: "Registrations",
    description: "New clients.",
    unit: "reqps",
    lines: { "{{outcome}}": `sum by (outcome) (${rateOf("auth_registrations_total")})` },
  }),
]

const attacks = () => [
  graph({
    title: "Client authentication",
    description: "invalid: wrong secrets, unknown clients, and resource servers with the wrong credentials.",
    unit: "reqps",
    lines: { "{{method}} {{outcome}}": `sum by (method, outcome) (${rateOf("auth_client_auth_total")})` },
  }),
  graph({
    title: "Stolen tokens and codes",
    description: "Each has ended its grant. Alerts RefreshTokenReuse, CodeReplay.",
    unit: "short",
    lines: {
      "refresh tokens reused": `sum(increase(${of("auth_refresh_reuse_detected_total")}[$__rate_interval]))`,
      "codes replayed": `sum(increase(${of("auth_code_replay_detected_total")}[$__rate_interval]))`,
      "wrong verifiers": `sum(increase(${of("auth_pkce_failures_total")}[$__rate_interval]))`,
    },
  }),
  graph({
    title: "Refused by rate limits",
    description: "By route.",
    unit: "reqps",
    lines: { "{{route}}": `sum by (route) (${rateOf("auth_rate_limited_total")})` },
  }),
  graph({
    title: "The signing key must be replaced in",
    description: "Nothing is shown for a key without an exp in SIGNING_KEYS_FILE.",
    unit: "s",
    lines: { left: `min(${of("auth_signing_key_not_after_timestamp_seconds")}) - time()` },
  }),
]
