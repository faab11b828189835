/** The verifier where the authorization server runs in this process. */
import type { AuthService } from "@gatehouse/auth"
import { createMcpMetrics, type McpConfig, type McpMetrics, openRevocations } from "@gatehouse/mcp"
import type { ServiceKit } from "@gatehouse/service-kit"
import {
  createTokenVerifier,
  mergeRevocations,
  type RevocationFeed,
  type TokenVerifier,
} from "@gatehouse/token-verifier"

export interface TokenValidation {
  tokens: TokenVerifier
  revocations: RevocationFeed
  metrics: McpMetrics
}

/** The authorization server is asked in process; on Redis another process, the operator's command too, may revoke as well. */
export function openTokenValidation(auth: AuthService, config: McpConfig, kit: ServiceKit): TokenValidation {
  const servers = [{ issuer: auth.deps.config.issuer, introspect: auth.introspectFor(config.resource) }]
  const metrics = createMcpMetrics(kit.metrics, servers)
  const followed = auth.redis ? [openRevocations(auth.redis, { ...config, onLag: metrics.revocationLag }, kit)] : []
  const revocations = mergeRevocations(auth.revocations, ...followed)
  const tokens = createTokenVerifier({
    audience: config.resource,
    servers,
    revocations,
    observer: metrics.observer,
    log: kit.log,
    now: kit.now,
  })
  metrics.watchServers(tokens)
  kit.reportHealth("token validation", tokens.health)
  kit.onClose(tokens.close)
  return { tokens, revocations, metrics }
}
