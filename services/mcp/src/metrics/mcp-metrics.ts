/** What the MCP service counts: every metric of its own, declared together. */
import type { Metrics } from "@gatehouse/service-kit"
import { declareAuthorizationServerMetrics } from "./authorization-server-metrics.ts"
import { declareOperationMetrics } from "./operation-metrics.ts"
import { declareValidationMetrics, type ValidatedServer } from "./validation-metrics.ts"

export type McpMetrics = ReturnType<typeof createMcpMetrics>

/**
 * Declares them, once a process.
 * @param servers whose tokens are accepted, in the order of the verifier's options
 */
export function createMcpMetrics(metrics: Metrics, servers: readonly ValidatedServer[]) {
  const { validated, revocationLag } = declareValidationMetrics(metrics, servers)
  const { watchServers, ...observed } = declareAuthorizationServerMetrics(metrics, servers.length)
  return {
    /** For what measures requests: the same registry. */
    registry: metrics,
    /** For the verifier. */
    observer: { ...observed, validated },
    /** For whoever follows revocations. */
    revocationLag,
    /** Shows how the verifier's servers are, whenever somebody looks. */
    watchServers,
    ...declareOperationMetrics(metrics),
  }
}
