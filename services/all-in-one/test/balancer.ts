/** A load balancer as clusters have them: it asks each replica whether it is ready, and sends what is new to those that are, in turn. */
import { once } from "node:events"
import {
  Agent,
  createServer as createHttpServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { setTimeout as pause } from "node:timers/promises"

export interface Backend {
  port: number
  managementPort: number
}

/**
 * - `connections`: each TCP connection goes to one replica, as with a Service of Kubernetes;
 * - `requests`: each request does, over connections kept alive, as with an ingress. It never tries twice.
 */
export type Layer = "connections" | "requests"

export interface Balancer {
  port: number
  url: string
  /** Resolves when every replica has said at /readyz that it is ready. */
  untilAllReady(): Promise<void>
  close(): Promise<void>
}

const PROBE_EVERY_MS = 50

export async function startBalancer(backends: readonly Backend[], layer: Layer, port = 0): Promise<Balancer> {
  const ready = new Set<Backend>()
  const stopProbing = probe(backends, ready)
  let turn = 0
  const next: Next = () => {
    const candidates = backends.filter((backend) => ready.has(backend))
    return candidates[turn++ % candidates.length]
  }
  const { server, hangUp } = layer === "connections" ? forwardConnections(next) : forwardRequests(next)
  server.listen(port, "127.0.0.1")
  await once(server, "listening")
  const at = (server.address() as AddressInfo).port
  return {
    port: at,
    url: `http://127.0.0.1:${at}`,
    async untilAllReady() {
      while (ready.size < backends.length) await pause(PROBE_EVERY_MS)
    },
    async close() {
      stopProbing()
      server.close()
      hangUp()
      await once(server, "close")
    },
  }
}

type Next = () => Backend | undefined

function probe(backends: readonly Backend[], ready: Set<Backend>): () => void {
  const timer = setInterval(() => {
    for (const backend of backends)
      void fetch(`http://127.0.0.1:${backend.managementPort}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
        async (answer) => {
          await answer.text()
          if (answer.ok) ready.add(backend)
          else ready.delete(backend)
        },
        () => ready.delete(backend),
      )
  }, PROBE_EVERY_MS)
  return () => clearInterval(timer)
}

function forwardConnections(next: Next): { server: Server; hangUp: () => void } {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const backend = next()
    if (backend === undefined) return client.resetAndDestroy()
    const target = connect({ port: backend.port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true })
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on("error", () => to.resetAndDestroy()) // what one side sees, the other does too
      from.on("close", () => sockets.delete(from))
    }
  })
  const hangUp = () => {
    for (const socket of sockets) socket.destroy()
  }
  return { server, hangUp }
}

const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding"])

const endToEnd = (headers: IncomingMessage["headers"]) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)))

function forwardRequests(next: Next): { server: Server; hangUp: () => void } {
  const agent = new Agent({ keepAlive: true })
  const server = createHttpServer((incoming, response) => forward(incoming, response, { backend: next(), agent }))
  const hangUp = () => {
    server.closeAllConnections()
    agent.destroy()
  }
  return { server, hangUp }
}

function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  { backend, agent }: { backend: Backend | undefined; agent: Agent },
): void {
  const fail = (why: string) => {
    if (response.headersSent) response.destroy()
    else response.writeHead(502).end(why)
  }
  if (backend === undefined) {
    fail("no replica is ready")
    return
  }
  const { method, url: path, headers } = incoming
  const outgoing = httpRequest({
    port: backend.port,
    host: "127.0.0.1",
    method,
    path,
    headers: endToEnd(headers),
    agent,
  })
  outgoing.on("error", (error) => fail(`${backend.port}: ${error.message}`))
  outgoing.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers))
    response.flushHeaders()
    answer.on("error", () => response.destroy())
    answer.pipe(response)
  })
  response.on("close", () => outgoing.destroy())
  incoming.pipe(outgoing)
}
