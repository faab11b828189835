/** An MCP service that lies: it stands in front of the real one and changes what it answers. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

interface Asked {
  /** Of the JSON-RPC call. */
  message: string
  hasToken: boolean
}

interface Told {
  status: number
  headers: Record<string, string>
  body: string
}

export type Lie = (truth: Told, asked: Asked) => Told

export interface Liar {
  url: string
  stop(): Promise<void>
}

const challenge = 'Bearer error="invalid_token", error_description="the access token is not known"'

/** As if every token were good. */
export const admitAll: Lie = (truth, { message, hasToken }) =>
  truth.status === 401 && hasToken ? { status: 200, headers: {}, body: `Echo: ${message}` } : truth

/** As if whatever cannot be judged were bad: the mistake that signs everybody out. */
export const outageIsRefusal: Lie = (truth) =>
  truth.status === 503 ? { status: 401, headers: { "www-authenticate": challenge }, body: "{}" } : truth

/** As if answers had been mixed up. */
export const mixUp: Lie = (truth, { message }) => ({ ...truth, body: truth.body.replace(message, "somebody else's") })

/** As if nobody knew how long to wait. */
export const forgetRetryAfter: Lie = (truth) => ({ ...truth, headers: { ...truth.headers, "retry-after": "" } })

export async function startLiar(realUrl: string, lie: Lie): Promise<Liar> {
  const server = createServer((request, response) => void answer(request, response))
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const { host: _host, connection: _connection, "content-length": _length, ...headers } = request.headers
    const real = await fetch(realUrl + request.url, {
      method: request.method ?? "GET",
      headers: headers as Record<string, string>,
      ...(body !== "" && { body }),
    })
    const truth = { status: real.status, headers: headersOf(real), body: await real.text() }
    const message = /"message":"([^"]*)"/.exec(body)?.[1] ?? ""
    const told = lie(truth, { message, hasToken: request.headers.authorization !== undefined })
    response.writeHead(told.status, told.headers).end(told.body)
  }
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, "close")
    },
  }
}

function headersOf(answer: Response): Record<string, string> {
  const kept = ["content-type", "www-authenticate", "retry-after"]
  return Object.fromEntries([...answer.headers].filter(([name]) => kept.includes(name)))
}
