/** A provider's HTTP side on a loopback socket: its real addresses lead here, and it can be down, broken or short of patience. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { Agent, type Dispatcher } from "undici"

/** A request as the provider would see it. */
export interface Asked {
  method: string
  /** With the provider's own origin. */
  url: string
  headers: IncomingHttpHeaders
  body: string
  /** The body, read as a form. */
  form: URLSearchParams
}

export interface Answer {
  status: number
  headers?: Record<string, string>
  /** Text is sent as it is, anything else as JSON. */
  body?: unknown
}

export type Respond = (asked: Asked) => Answer

export interface Emulator {
  /** For the verifier: carries requests for the provider's origins here, and none anywhere else. */
  dispatcher: Dispatcher
  /** Every request, in order. */
  asked: Asked[]
  /** `error`: 500 for everything; `limited`: what the provider answers to too many requests. */
  fault: "none" | "error" | "limited"
  /** Refuses connections, those that are open included. */
  goDown(): Promise<void>
  comeBack(): Promise<void>
  close(): Promise<void>
}

export interface EmulatorOptions {
  /** By `GET https://…` or `POST https://…`, without a query. */
  pages: Readonly<Record<string, Respond>>
  limited?: () => Answer
}

const tooMany = (): Answer => ({ status: 429, headers: { "retry-after": "45" }, body: { error: "too_many_requests" } })
const notFound: Answer = { status: 404, headers: { "content-type": "text/html" }, body: "<h1>Not Found</h1>" }

export async function startEmulator({ pages, limited = tooMany }: EmulatorOptions): Promise<Emulator> {
  const origins = new Map(
    Object.keys(pages).map((page) => {
      const { origin, host } = new URL(page.slice(page.indexOf(" ") + 1))
      return [host, origin]
    }),
  )
  const respond = (asked: Asked): Answer => {
    if (self.fault === "error") return { status: 500, body: { error: "server_error" } }
    if (self.fault === "limited") return limited()
    return pages[`${asked.method} ${asked.url.split("?", 1)[0]}`]?.(asked) ?? notFound
  }
  const server = createServer(async (request, response) => {
    const asked = await readRequest(request, origins)
    self.asked.push(asked)
    const { status, headers = {}, body = "" } = respond(asked)
    const isText = typeof body === "string"
    response.writeHead(status, { "content-type": isText ? "text/plain" : "application/json", ...headers })
    response.end(isText ? body : JSON.stringify(body))
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const agent = new Agent({ connections: 16 })
  const goDown = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  const self: Emulator = {
    dispatcher: agent.compose(leadTo(`http://127.0.0.1:${port}`, new Set(origins.values()))),
    asked: [],
    fault: "none",
    goDown,
    comeBack: () => listen(port),
    async close() {
      await agent.destroy()
      if (server.listening) await goDown()
    },
  }
  return self
}

/** Another origin than the provider's is a fault of the verifier: it must not reach the network. */
const leadTo =
  (loopback: string, origins: ReadonlySet<string>): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) => {
    const origin = String(options.origin)
    if (!origins.has(origin)) throw new Error(`no provider is emulated at ${origin}`)
    const headers = { ...(options.headers as Record<string, string>), host: new URL(origin).host }
    return dispatch({ ...options, origin: loopback, headers }, handler)
  }

async function readRequest(request: IncomingMessage, origins: ReadonlyMap<string, string>): Promise<Asked> {
  let body = ""
  for await (const chunk of request) body += chunk
  const { method = "", headers, url = "" } = request
  return { method, url: `${origins.get(headers.host ?? "")}${url}`, headers, body, form: new URLSearchParams(body) }
}
