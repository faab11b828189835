/** What the authorization server counts: every metric of its own, with every value that its labels can have. */
import type { OAuthErrorCode } from "@gatehouse/oauth"
import type { Metrics } from "@gatehouse/service-kit"
import { CLIENT_AUTH_METHODS, GRANT_TYPES } from "../domain/client.ts"

export type AuthMetrics = ReturnType<typeof createAuthMetrics>

/** What a token request is refused with, by what is the client's doing and what is not. */
const REFUSALS = [
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
  "invalid_target",
] as const satisfies readonly OAuthErrorCode[]
const FAILURES = ["temporarily_unavailable", "server_error"] as const satisfies readonly OAuthErrorCode[]

const grantTypes = [...GRANT_TYPES, "other"] as const

/** 0.05 is a limit of a service level objective. */
const INTROSPECTION_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1, 2.5]

/** Declares them. */
export const createAuthMetrics = (metrics: Metrics) => ({
  /** For what measures requests: the same registry. */
  registry: metrics,
  ...endpointMetrics(metrics),
  ...introspectionMetrics(metrics),
  ...misuseMetrics(metrics),
})

const endpointMetrics = (metrics: Metrics) => ({
  tokenRequests: metrics.counter({
    name: "auth_token_requests_total",
    help: "Answers of the token endpoint: tokens issued, refused by the request's fault, or failed by ours. Not those of rate limits.",
    labels: {
      grant_type: grantTypes,
      result: ["issued", "refused", "failed"],
      error: ["none", ...REFUSALS, ...FAILURES, "other"],
    },
    zero: [
      ...GRANT_TYPES.map((grant_type) => ({ grant_type, result: "issued", error: "none" }) as const),
      ...grantTypes.flatMap((grant_type) => [
        ...REFUSALS.map((error) => ({ grant_type, result: "refused", error }) as const),
        ...FAILURES.map((error) => ({ grant_type, result: "failed", error }) as const),
      ]),
    ],
  }),
  authorizeRequests: metrics.counter({
    name: "auth_authorize_requests_total",
    help: "Steps of authorization requests: consent page shown, error redirected to the client or refused on a page, failed by our fault; then denied or granted; then signed in or not.",
    labels: {
      outcome: ["shown", "redirected", "refused", "failed", "denied", "granted", "signed_in", "sign_in_failed"],
    },
  }),
  registrations: metrics.counter({
    name: "auth_registrations_total",
    help: "Answers of the registration endpoint: client registered, refused by the request's fault, or failed by ours.",
    labels: { outcome: ["registered", "refused", "failed"] },
  }),
  clientAuth: metrics.counter({
    name: "auth_client_auth_total",
    help: "Authentications of clients and resource servers; unavailable: it could not be told, because the store did not answer.",
    labels: { method: [...CLIENT_AUTH_METHODS, "other"], outcome: ["valid", "invalid", "unavailable"] },
  }),
})

const introspectionMetrics = (metrics: Metrics) => ({
  introspection: metrics.counter({
    name: "auth_introspection_total",
    help: "Introspections that were answered, by what was told.",
    labels: { active: ["true", "false"] },
  }),
  introspectionFailures: metrics.counter({
    name: "auth_introspection_failures_total",
    help: "Introspections that could not be answered, because the store did not answer.",
    labels: {},
  }),
  introspectionDuration: metrics.histogram({
    name: "auth_introspection_duration_seconds",
    help: "From the authenticated question to the store's word about a token.",
    labels: {},
    buckets: INTROSPECTION_BUCKETS_SECONDS,
  }),
})

/** What somebody does who has what is not theirs. */
const misuseMetrics = (metrics: Metrics) => ({
  refreshReuse: metrics.counter({
    name: "auth_refresh_reuse_detected_total",
    help: "Refresh tokens that came back after their successor was used: somebody has a copy, and the grant was revoked.",
    labels: {},
  }),
  codeReplay: metrics.counter({
    name: "auth_code_replay_detected_total",
    help: "Authorization codes that came back after they were redeemed, and whose grant was revoked.",
    labels: {},
  }),
  pkceFailures: metrics.counter({
    name: "auth_pkce_failures_total",
    help: "Code verifiers that did not match their challenge.",
    labels: {},
  }),
})

/** Only where the key in use has an end: a key of the operator's file with `exp`. */
export function declareSigningKeyEnd(metrics: Metrics, endOf: () => number | undefined): void {
  metrics.gauge(
    {
      name: "auth_signing_key_not_after_timestamp_seconds",
      help: "When the key that signs has to be replaced, in seconds since 1970; absent for a key without an exp.",
      labels: {},
    },
    () => {
      const end = endOf()
      return end === undefined ? [] : [[{}, end] as const]
    },
  )
}
