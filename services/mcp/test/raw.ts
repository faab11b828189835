/** Requests as bytes, for what `fetch` would put right. */
import { sendRaw } from "@gatehouse/test-kit"
import type { Service } from "./service.ts"

export interface RawRequest {
  method?: string
  target?: string
  /** In place of the service's own. */
  host?: string
  headers?: string[]
  body?: string
}

export interface RawAnswer {
  status: number
  headers: string
  body: string
}

/** POST carries a harmless JSON-RPC message unless told otherwise. */
export async function sendBytes({ port }: Pick<Service, "port">, request: RawRequest): Promise<RawAnswer> {
  const { method = "GET", target = "/mcp", host = `127.0.0.1:${port}`, headers = [] } = request
  const body = request.body ?? (method === "POST" ? '{"jsonrpc":"2.0","id":1,"method":"ping"}' : "")
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(host === "" ? [] : [`Host: ${host}`]),
    "Connection: close",
    "Accept: application/json, text/event-stream",
    ...(method === "POST" && !headers.some((line) => /^content-type:/i.test(line))
      ? ["Content-Type: application/json"]
      : []),
    ...(body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    ...headers,
  ]
  const answer = await sendRaw(port, `${lines.join("\r\n")}\r\n\r\n${body}`)
  const [head = "", ...rest] = answer.split("\r\n\r\n")
  return { status: Number(head.split(" ", 2)[1]), headers: head.toLowerCase(), body: rest.join("\r\n\r\n") }
}
