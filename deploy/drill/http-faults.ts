/** An HTTP proxy in front of a server on loopback that makes it fail on command, as seen by whoever asks through it. */
import { once } from "node:events"
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as pause } from "node:timers/promises"

export interface HttpFault {
  /** Which requests it meets; all when absent. */
  path?: RegExp
  /** Answered in place of the server. */
  answer?: { status: number; headers?: Record<string, string>; body?: string }
  /** Passed on after a while. */
  delayMs?: number
  /** Passed on with other credentials. */
  authorization?: string
}

export interface HttpFaultProxy {
  url: string
  /** Of the server behind it. Assign to put another one there: what is under way stays where it is. */
  targetPort: number
  /** Assign to change it; undefined passes everything on. */
  fault: HttpFault | undefined
  close(): Promise<void>
}

export async function createHttpFaultProxy(targetPort: number): Promise<HttpFaultProxy> {
  const server = createServer((incoming, response) => void serve(incoming, response, proxy))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const proxy: HttpFaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targetPort,
    fault: undefined,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, "close")
    },
  }
  return proxy
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  { targetPort, fault }: Pick<HttpFaultProxy, "targetPort" | "fault">,
): Promise<void> {
  const meets = fault !== undefined && (fault.path === undefined || fault.path.test(incoming.url ?? ""))
  if (meets && fault.answer !== undefined) {
    incoming.resume()
    response.writeHead(fault.answer.status, fault.answer.headers).end(fault.answer.body)
    return
  }
  if (meets && fault.delayMs !== undefined) await pause(fault.delayMs)
  const { method, url: path, headers } = incoming
  const changed = meets && fault.authorization !== undefined ? { authorization: fault.authorization } : {}
  const outgoing = request({ port: targetPort, host: "127.0.0.1", method, path, headers: { ...headers, ...changed } })
  outgoing.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
    answer.on("error", () => response.destroy())
  })
  // What the server does not answer, nobody answers.
  outgoing.on("error", () => incoming.socket.resetAndDestroy())
  incoming.pipe(outgoing)
}
