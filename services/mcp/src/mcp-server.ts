/** The MCP server: what it offers, made anew for every request of 2026-07-28 and for every session of the 2025 revisions. */
import { McpServer, type McpServerFactory, type Transport } from "@modelcontextprotocol/server"
import { sent } from "./operations.ts"
import { prompts } from "./prompts/index.ts"
import { registerResources } from "./resources/index.ts"
import { serveSubscriptions } from "./resources/subscriptions.ts"
import type { ServerDependencies } from "./server-dependencies.ts"
import { tools } from "./tools/index.ts"

const identity = { name: "gatehouse", title: "Gatehouse", version: "0.1.0" }

const instructions =
  "A reference of what MCP offers, behind OAuth. Start with the tool whoami, which tells whom the access token stands for."

// What is listed is the same for every caller; what a caller may use is decided when it is used.
const listed = { ttlMs: 300_000, cacheScope: "public" } as const
const cacheHints = {
  "server/discover": listed,
  "tools/list": listed,
  "prompts/list": listed,
  "resources/list": listed,
  "resources/templates/list": listed,
}

/** What it sends is heard here. */
class HeardServer extends McpServer {
  override connect(transport: Transport): Promise<void> {
    const send = transport.send.bind(transport)
    transport.send = (message, options) => {
      sent(message)
      return send(message, options)
    }
    return super.connect(transport)
  }
}

/** Creates the one factory for both eras. */
export const createMcpServerFactory =
  (deps: ServerDependencies): McpServerFactory =>
  ({ era }) => {
    const server = new HeardServer(identity, {
      instructions,
      capabilities: { logging: {}, resources: { subscribe: true } },
      cacheHints,
      requestState: { verify: deps.requestState.verify },
    })
    for (const tool of tools) tool.register(server, deps)
    registerResources(server, deps)
    for (const prompt of prompts) prompt.register(server, deps)
    if (era === "legacy") serveSubscriptions(server, deps.bus)
    return server
  }
