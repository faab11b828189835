/** A client's redirect URI: records what arrives, and may send the browser on to an app. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

export interface CallbackServer {
  url: string
  /** Every query that arrived, in order. */
  received: URLSearchParams[]
  stop(): Promise<void>
}

export async function startCallbackServer(options: { hopTo?: string } = {}): Promise<CallbackServer> {
  const received: URLSearchParams[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1")
    if (url.pathname !== "/cb") return void response.writeHead(204).end()
    received.push(url.searchParams)
    if (options.hopTo !== undefined) return void response.writeHead(302, { location: options.hopTo + url.search }).end()
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Connected</title><p>Connected")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const stop = () => new Promise<void>((resolve) => void server.close(() => resolve()).closeAllConnections())
  return { url: `http://127.0.0.1:${port}/cb`, received, stop }
}
