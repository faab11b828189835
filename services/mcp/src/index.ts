/** The public face of the MCP service. */
export { buildMcpApp, type McpDependencies, registerMcpRoutes } from "./app.ts"
export {
  authorizationServers,
  type McpConfig,
  type McpSettings,
  mcpConfigFrom,
  mcpSettings,
  readMcpSettings,
} from "./config.ts"
export { openRevocations } from "./revocations.ts"
export type { ToolScopes } from "./scopes.ts"
