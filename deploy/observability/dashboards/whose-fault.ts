/** The first row of every dashboard: is it us, the authorization server, Redis, our credentials, its keys, an attack, or one bad client? */
import { of, stat } from "./panels.ts"

const OURS = `(${of("mcp_build_info")} or ${of("auth_build_info")})`
const perSecond = (metric: string, labels = "") => `sum(rate(${of(metric, labels)}[5m]))`
const refusals = of("mcp_token_validations_total", 'outcome="invalid", reason!="missing"')

export const whoseFault = () => [us(), authorizationServer(), redis(), credentials(), keys(), attack(), oneClient()]

const us = () =>
  stat({
    title: "Us?",
    description: "The slowest event loop of our processes. Red: they are busy with something else. Alert EventLoopLag.",
    unit: "s",
    warnAt: 0.1,
    alarmAt: 0.2,
    span: 3,
    lines: { "event loop": `max(${of("nodejs_eventloop_lag_p99_seconds")} and on (namespace, job, instance) ${OURS})` },
  })

const authorizationServer = () =>
  stat({
    title: "Authorization server?",
    description:
      "Whether the last question to each was answered, at the replica that fares worst. Alert AuthorizationServerUnreachable.",
    unit: "none",
    alarmAt: 1,
    falling: true,
    words: { 0: "no answer", 1: "answers" },
    span: 4,
    lines: { "{{server}}": `min by (server) (${of("mcp_auth_server_up")})` },
  })

const redis = () =>
  stat({
    title: "Redis?",
    description: "At the replica that fares worst. Alerts RedisDown, RedisErrors, RedisSlow.",
    unit: "none",
    alarmAt: 1,
    falling: true,
    words: { 0: "down", 1: "up" },
    span: 3,
    lines: { auth: `min(${of("auth_redis_up")})`, mcp: `min(${of("mcp_redis_up")})` },
  })

const credentials = () =>
  stat({
    title: "Our credentials?",
    description:
      "How often the authorization server rejected those of the MCP server in five minutes. Only a person mends that. Alert CredentialsRejected.",
    unit: "none",
    alarmAt: 1,
    span: 3,
    lines: {
      rejected: `ceil(sum(increase(${of("mcp_introspection_requests_total", 'result="credentials_rejected"')}[5m])))`,
    },
  })

const keys = () =>
  stat({
    title: "Keys?",
    description:
      "Tokens signed with a key that nobody publishes, a second; readings of the keys that failed in 15 minutes. Alerts UnknownKeySpike, JwksStale.",
    unit: "none",
    warnAt: 0.05,
    alarmAt: 0.2,
    span: 3,
    lines: {
      "unknown / s": perSecond("mcp_token_validations_total", 'reason="unknown_key"'),
      "not read": `ceil(sum(increase(${of("mcp_jwks_refresh_total", 'outcome="failure"')}[15m])))`,
    },
  })

const attack = () =>
  stat({
    title: "An attack?",
    description:
      "Wrong client secrets, failed sign-ins and refusals by rate limits a second; stolen codes and refresh tokens in 15 minutes.",
    unit: "none",
    warnAt: 0.2,
    alarmAt: 1,
    span: 5,
    lines: {
      "secrets / s": perSecond("auth_client_auth_total", 'outcome="invalid"'),
      "sign-ins / s": perSecond("auth_authorize_requests_total", 'outcome="sign_in_failed"'),
      "429 / s": perSecond("auth_rate_limited_total"),
      stolen: `ceil(sum(increase(${of("auth_refresh_reuse_detected_total")}[15m])) + sum(increase(${of("auth_code_replay_detected_total")}[15m])))`,
    },
  })

const oneClient = () =>
  stat({
    title: "One bad client?",
    description:
      'The most frequent refusal, of all refusals and acceptances. The log line "access token refused" says whose. Alert InvalidTokensSpike.',
    unit: "percentunit",
    warnAt: 0.1,
    alarmAt: 0.2,
    span: 3,
    lines: {
      "{{reason}}": `topk(1, sum by (reason) (rate(${refusals}[5m])) / on () group_left sum(rate(${of("mcp_token_validations_total", 'reason!="missing"')}[5m])))`,
    },
  })
