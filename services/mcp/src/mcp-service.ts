/** The MCP service put together from its settings, with the authorization server in another process. */
import {
  closeRedis,
  connectRedis,
  createRedisMetrics,
  pingRedis,
  redisConfigured,
  type ServiceKit,
} from "@gatehouse/service-kit"
import type { AuthorizationServerOptions } from "@gatehouse/token-verifier"
import type { McpConfig, McpSettings } from "./config.ts"
import type { McpDependencies } from "./dependencies.ts"
import { createMcpMetrics } from "./metrics/mcp-metrics.ts"
import { openTokenValidation, type TokenValidation } from "./token-validation.ts"

export interface McpServiceParts {
  config: McpConfig
  settings: McpSettings
  /** Whose tokens are accepted. */
  servers: readonly AuthorizationServerOptions[]
}

export interface McpService extends Pick<TokenValidation, "started"> {
  deps: McpDependencies
}

/**
 * Opens what it needs, and closes it with the process.
 * @throws ConfigurationError
 */
export function createMcpService({ config, settings, servers }: McpServiceParts, kit: ServiceKit): McpService {
  const metrics = createMcpMetrics(kit.metrics, servers)
  const redis = redisConfigured(settings)
    ? connectRedis(settings, kit.log, createRedisMetrics(kit.metrics, "mcp"))
    : undefined
  if (redis) {
    kit.onClose(() => closeRedis(redis))
    kit.reportHealth("redis", async () => {
      await pingRedis(redis)
      return { usedFor: ["revocations", "shared answers", "rate limits"] }
    })
  }
  const { tokens, revocations, started } = openTokenValidation({ config, settings, servers, redis, metrics }, kit)
  const deps: McpDependencies = {
    config,
    log: kit.log,
    now: kit.now,
    onDrain: kit.onDrain,
    tokens,
    metrics,
    ...(revocations && { revocations }),
    authorizationServers: tokens.servers,
    ...(redis && { redis }),
  }
  return { deps, started }
}
