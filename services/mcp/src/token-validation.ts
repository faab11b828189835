/** The verifier of this process: asks the authorization servers, and hears of revocations when there is a Redis. */
import { ConfigurationError, type RedisConnection, type ServiceKit } from "@gatehouse/service-kit"
import {
  type AuthorizationServerOptions,
  createTokenVerifier,
  type RevocationFeed,
  type TokenVerifier,
  WrongConfiguration,
} from "@gatehouse/token-verifier"
import type { McpConfig, McpSettings } from "./config.ts"
import type { McpMetrics } from "./metrics/mcp-metrics.ts"
import { openRevocations } from "./revocations.ts"

/** Of clocks, and of the way of a question. */
const MARGIN_SECONDS = 120

export interface TokenValidation {
  tokens: TokenVerifier
  revocations?: RevocationFeed
  /**
   * Resolves when tokens can be judged for the first time, or when the process ends.
   * @throws ConfigurationError when only an operator can mend what is wrong
   */
  started: () => Promise<void>
}

export interface TokenValidationParts {
  config: McpConfig
  settings: McpSettings
  /** Whose tokens are accepted. */
  servers: readonly AuthorizationServerOptions[]
  redis: RedisConnection | undefined
  metrics: McpMetrics
}

/** @throws ConfigurationError */
export function openTokenValidation(
  { config, settings, servers, redis, metrics }: TokenValidationParts,
  kit: ServiceKit,
): TokenValidation {
  const { TOKEN_CACHE_SECONDS: positiveSeconds, STALE_IF_ERROR_SECONDS: staleIfErrorSeconds } = settings
  const memorySeconds = positiveSeconds + staleIfErrorSeconds + MARGIN_SECONDS
  const revocations = redis && openRevocations(redis, { ...config, memorySeconds, onLag: metrics.revocationLag }, kit)
  const tokens = withSentences(() =>
    createTokenVerifier({
      audience: config.resource,
      servers,
      cache: { positiveSeconds },
      limits: { staleIfErrorSeconds },
      ...(redis && { shared: { redis, keyPrefix: config.redisKeyPrefix } }),
      ...(revocations && { revocations }),
      observer: metrics.observer,
      log: kit.log,
      now: kit.now,
    }),
  )
  metrics.watchServers(tokens)
  let [decides, closing] = [false, false]
  const started = async () => {
    try {
      await tokens.start()
      decides = true
      sayHow(tokens, kit)
    } catch (error) {
      if (!closing) throw error instanceof WrongConfiguration ? new ConfigurationError([error.message]) : error
    }
  }
  const health = () => {
    if (!decides) throw new Error("no authorization server has been reached yet")
    return tokens.health()
  }
  kit.reportHealth("token validation", health, { neededOnce: true })
  kit.onClose(() => {
    closing = true
    return tokens.close()
  })
  return { tokens, started, ...(revocations && { revocations }) }
}

/** Which strategy and why, in one line a server. */
function sayHow(tokens: TokenVerifier, { log }: ServiceKit): void {
  for (const { issuer, strategy } of tokens.servers())
    log.info({ issuer, strategy: strategy.name, why: strategy.why }, "how tokens are validated")
}

function withSentences<T>(create: () => T): T {
  try {
    return create()
  } catch (error) {
    throw error instanceof WrongConfiguration ? new ConfigurationError([error.message]) : error
  }
}
