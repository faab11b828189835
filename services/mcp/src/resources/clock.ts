/** A resource that changes: the time on this server. Whoever subscribes hears of it every few seconds. */
import type { McpServer, ServerEventBus } from "@modelcontextprotocol/server"

export const CLOCK_URI = "demo://clock"
const UPDATE_SECONDS = 5

export const clockResource = { uri: CLOCK_URI, name: "clock", title: "Clock", mimeType: "text/plain" }

export function registerClock(server: McpServer, now: () => number): void {
  const { uri, name, ...metadata } = clockResource
  server.registerResource(name, uri, metadata, async () => ({
    contents: [{ uri, mimeType: metadata.mimeType, text: new Date(now() * 1000).toISOString() }],
  }))
}

/** Returns what to call every second. */
export function tickClock(bus: ServerEventBus, now: () => number): () => void {
  let announcedAt = now()
  return () => {
    if (now() < announcedAt + UPDATE_SECONDS) return
    announcedAt = now()
    bus.publish({ kind: "resource_updated", uri: CLOCK_URI })
  }
}
