/** Stands between the MCP service and Keycloak, and counts what the one asks of the other. */
import { once } from "node:events"
import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"

export interface CountingProxy {
  origin: string
  /** Requests so far to paths that end so. */
  count(ending: string): number
  close(): Promise<void>
}

export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const paths: string[] = []
  const server = createServer((incoming, outgoing) => {
    paths.push(incoming.url ?? "")
    const onward = request(new URL(incoming.url ?? "", target), { method: incoming.method, headers: incoming.headers })
    onward.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    // Nobody is there: neither are we.
    onward.on("error", () => incoming.socket.destroy())
    incoming.pipe(onward)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: (ending) => paths.filter((path) => path.endsWith(ending)).length,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}
