/** What tools, resources and prompts are made from, and the shape of each. */
import type { McpServer, ServerEventBus } from "@modelcontextprotocol/server"
import type { RequestState } from "./request-state.ts"

export interface ServerDependencies {
  /** Seconds since 1970. */
  now: () => number
  requestState: RequestState
  /** News of resources, for the subscriptions of both eras. */
  bus: ServerEventBus
}

/** A tool, resource or prompt: it names what it needs, and puts itself on a server. */
export interface Feature {
  name: string
  /** Scopes beyond the one of its kind. */
  scopes: readonly string[]
  register(server: McpServer, deps: ServerDependencies): void
}
