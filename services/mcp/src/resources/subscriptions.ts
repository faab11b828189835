/** Resource subscriptions of the 2025 revisions: kept with the session's server. Newer clients use `subscriptions/listen`. */
import { type McpServer, ResourceNotFoundError, type ServerEventBus } from "@modelcontextprotocol/server"
import { CLOCK_URI } from "./clock.ts"
import { numberedResources } from "./numbered.ts"

const known = new Set([CLOCK_URI, ...numberedResources.map(({ uri }) => uri)])

export function serveSubscriptions({ server }: McpServer, bus: ServerEventBus): void {
  const subscribed = new Set<string>()
  const unsubscribe = bus.subscribe((event) => {
    if (event.kind === "resource_updated" && subscribed.has(event.uri))
      void server.sendResourceUpdated({ uri: event.uri }).catch(() => {}) // the session has just ended
  })
  server.onclose = unsubscribe
  server.setRequestHandler("resources/subscribe", ({ params: { uri } }) => {
    if (!known.has(uri)) throw new ResourceNotFoundError(uri)
    subscribed.add(uri)
    return {}
  })
  server.setRequestHandler("resources/unsubscribe", ({ params: { uri } }) => {
    subscribed.delete(uri)
    return {}
  })
}
