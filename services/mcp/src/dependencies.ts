/** What the MCP service is made of: handed in by whoever runs it. */
import type { Logger, RedisConnection } from "@gatehouse/service-kit"
import type { RevocationFeed, ServerReport, TokenVerifier } from "@gatehouse/token-verifier"
import type { McpConfig } from "./config.ts"
import type { EverySecond } from "./every-second.ts"
import type { McpMetrics } from "./metrics/mcp-metrics.ts"

/** An authorization server, as clients are told of it. */
export type AuthorizationServer = Pick<ServerReport, "issuer" | "metadata" | "scopePrefix" | "advertisedScopes">

export interface McpDependencies {
  config: McpConfig
  log: Logger
  /** Seconds since 1970. */
  now: () => number
  tokens: Pick<TokenVerifier, "verify">
  /** Ends sessions and streams of what is revoked; without it they end when the token expires. */
  revocations?: RevocationFeed
  /** Whose tokens are accepted; clients are sent to the first. */
  authorizationServers: () => readonly AuthorizationServer[]
  metrics?: Pick<McpMetrics, "operationEnded" | "watchOpen" | "registry">
  /** Shares rate limits between replicas. */
  redis?: RedisConnection
  /** Is told what to call when the process accepts no more; the end of the app does the same. */
  onDrain?: (end: () => void) => void
  /** The pulse; a real second when absent. */
  everySecond?: EverySecond
}
