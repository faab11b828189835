/** An authorization server on a real socket that says and does exactly what a test asks of it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  /** The form of the introspection request. */
  form: URLSearchParams
}

export type Behaviour = (exchange: Exchange) => void | Promise<void>

export interface ScriptedServer {
  issuer: string
  endpoint: string
  port: number
  /** Introspection requests so far. */
  calls: Exchange[]
  /** Every path asked for with GET, in order. */
  fetched: string[]
  connections(): number
  behaviour: Behaviour
  /** What stands under a path, asked for with GET. */
  documents: Map<string, Behaviour>
  close(): Promise<void>
}

export async function startAuthorizationServer(port = 0): Promise<ScriptedServer> {
  const sockets = new Set<object>()
  const server = createServer(async (request, response) => {
    if (request.method === "GET") {
      const path = request.url ?? ""
      self.fetched.push(path)
      const exchange = { request, response, form: new URLSearchParams() }
      return (self.documents.get(path) ?? status(404))(exchange)
    }
    let body = ""
    for await (const chunk of request) body += chunk
    const exchange = { request, response, form: new URLSearchParams(body) }
    self.calls.push(exchange)
    return self.behaviour(exchange)
  })
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
  const address = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${address.port}`
  const self: ScriptedServer = {
    issuer,
    endpoint: `${issuer}/introspect`,
    port: address.port,
    calls: [],
    fetched: [],
    connections: () => sockets.size,
    behaviour: json({ active: false }),
    documents: new Map(),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return self
}

export const json =
  (body: unknown): Behaviour =>
  ({ response }) =>
    void response.setHeader("content-type", "application/json").end(JSON.stringify(body))

export const status =
  (code: number, headers: Record<string, string> = {}): Behaviour =>
  ({ response }) =>
    void response.writeHead(code, headers).end('{"error":"scripted"}')

export const text =
  (body: string): Behaviour =>
  ({ response }) =>
    void response.end(body)

/** Accepts, and never says a word. */
export const silence: Behaviour = () => {}

/** Hangs up without an answer. */
export const cut: Behaviour = ({ response }) => void response.socket?.destroy()
