/** The process around an app: what services take from here. */
export { type AppOptions, createApp } from "./app.ts"
export { commonSettings } from "./common-settings.ts"
export { answerError } from "./error-answers.ts"
export type { HealthCheck, HealthCheckOptions } from "./health.ts"
export { createLogger, describeError, type Logger, type LoggerOptions } from "./logger.ts"
export type { Counter, Gauge, Histogram, MetricSpec } from "./metrics/declarations.ts"
export type { LabelsOf, LabelValues } from "./metrics/family.ts"
export { measureHttp } from "./metrics/http-metrics.ts"
export type { Exposition, MetricDescription, Metrics, MetricsOptions } from "./metrics/metrics.ts"
export { createMetrics } from "./metrics/metrics.ts"
export { createRedisMetrics, type RedisMetrics } from "./metrics/redis-metrics.ts"
export {
  cidrs,
  contentOf,
  fileOf,
  flag,
  hostsAndPorts,
  integer,
  list,
  oneOf,
  port,
  rateLimit,
  seconds,
  text,
  url,
} from "./parsers.ts"
export { runProcess } from "./process-end.ts"
export { limitRate, peerOf, type RateLimitHook, type RateLimitOptions } from "./rate-limit.ts"
export { closeRedis, connectForBlockingReads, connectRedis, pingRedis } from "./redis.ts"
export type { RedisConnection } from "./redis-options.ts"
export { type RedisSettings, redisConfigured, redisSettings } from "./redis-settings.ts"
export { repeatable } from "./repeat-limit.ts"
export { type ServiceKit, type ServiceKitOptions, startServiceKit } from "./service-kit.ts"
export { SETTING_NAMES } from "./setting-names.ts"
export { ConfigurationError, readSettings, type Setting, type Settings, type ValuesOf } from "./settings.ts"
