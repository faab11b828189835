/** Both services on one port: the routes of the authorization server and those of the MCP service, side by side. */
import { type AuthDependencies, authRoutes } from "@gatehouse/auth"
import { type McpDependencies, registerMcpRoutes } from "@gatehouse/mcp"
import { createApp } from "@gatehouse/service-kit"
import type { FastifyInstance } from "fastify"

/** Each keeps its hooks and parsers to itself. */
export function buildAllInOneApp(auth: AuthDependencies, mcp: McpDependencies): FastifyInstance {
  const app = createApp({ log: mcp.log, trustedProxies: mcp.config.trustedProxies })
  app.register(authRoutes(auth))
  registerMcpRoutes(app, mcp)
  return app
}
