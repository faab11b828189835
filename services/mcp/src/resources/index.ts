/** Every resource. */
import type { McpServer } from "@modelcontextprotocol/server"
import type { ServerDependencies } from "../server-dependencies.ts"
import { clockResource, registerClock } from "./clock.ts"
import { numberedResources, registerNumberedResources } from "./numbered.ts"
import { pageOf } from "./pages.ts"

const all = [...numberedResources, clockResource]

export function registerResources(server: McpServer, { now }: ServerDependencies): void {
  registerNumberedResources(server)
  registerClock(server, now)
  // In the place of the SDK's own handler, which lists everything at once.
  server.server.setRequestHandler("resources/list", ({ params }) => {
    const { page, nextCursor } = pageOf(all, params?.cursor)
    return { resources: page, ...(nextCursor !== undefined && { nextCursor }) }
  })
}
