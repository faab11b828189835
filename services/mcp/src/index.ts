/** The public face of the MCP service. */
export { buildMcpApp, registerMcpRoutes } from "./app.ts"
export {
  authorizationServers,
  type McpConfig,
  type McpSettings,
  mcpConfigFrom,
  mcpSettings,
  readMcpSettings,
} from "./config.ts"
export type { McpDependencies } from "./dependencies.ts"
export { createMcpMetrics, type McpMetrics } from "./metrics/mcp-metrics.ts"
export { openRevocations } from "./revocations.ts"
export type { ToolScopes } from "./scopes.ts"
