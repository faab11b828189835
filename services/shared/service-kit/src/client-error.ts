/** Bytes that are no HTTP request: answered on the bare socket. */
import { STATUS_CODES } from "node:http"
import type { Socket } from "node:net"
import { jsonHeaders } from "./security-headers.ts"

const statusOf: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
}

/** Answers 408, 413, 431 or 400 and hangs up. Says nothing of what was sent. */
export function answerClientError(error: { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy()
    return
  }
  const status = statusOf[error.code ?? ""] ?? 400
  const body = JSON.stringify({ error: "invalid_request" })
  const headers = { ...jsonHeaders, "content-length": String(Buffer.byteLength(body)), connection: "close" }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`, () => socket.destroy())
}
