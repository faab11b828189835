/** An event stream as a test reads it: what came, and when it ended. */
import { once } from "node:events"
import { type ClientRequest, type IncomingMessage, request } from "node:http"
import { onTestFinished } from "vitest"
import { bearer, envelope, json } from "./messages.ts"

export interface Stream {
  status: number
  headers: IncomingMessage["headers"]
  text: () => string
  /** Waits until the text has come. */
  heard(part: string): Promise<void>
  /** Resolves when the server ends the stream. */
  ended: Promise<void>
  hangUp(): void
}

async function open(outgoing: ClientRequest, body?: string): Promise<Stream> {
  outgoing.end(body)
  const [response] = (await once(outgoing, "response")) as [IncomingMessage]
  let text = ""
  response.setEncoding("utf8")
  response.on("error", () => {})
  response.on("data", (chunk) => {
    text += chunk
  })
  const ended = new Promise<void>((resolve) => response.once("end", resolve))
  const hangUp = () => void outgoing.destroy()
  outgoing.on("error", () => {})
  onTestFinished(hangUp)
  const heard = async (part: string) => {
    while (!text.includes(part))
      await Promise.race([once(response, "data"), once(response, "close").then(() => fail(part))])
  }
  const fail = (part: string) => {
    throw new Error(`the stream ended without ${part}: ${text}`)
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: () => text, heard, ended, hangUp }
}

/** GET, the standing stream of a session. */
export const openGet = (url: string, token: string, session: string, headers: Record<string, string> = {}) =>
  open(
    request(url, { headers: { ...bearer(token), accept: "text/event-stream", "mcp-session-id": session, ...headers } }),
  )

/** `subscriptions/listen`, the standing stream of 2026-07-28. */
export const openListen = (url: string, token: string, notifications: object, id: unknown = "listen-1") =>
  openPost(url, token, "subscriptions/listen", { _meta: envelope(), notifications }, id)

/** Any request of 2026-07-28 whose answer is a stream. */
export function openPost(url: string, token: string, method: string, params: Record<string, unknown>, id: unknown = 1) {
  const headers = {
    ...json,
    ...bearer(token),
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(typeof params["name"] === "string" && { "mcp-name": params["name"] }),
  }
  return open(request(url, { method: "POST", headers }), JSON.stringify({ jsonrpc: "2.0", id, method, params }))
}

/** A call of a session of the 2025 revisions, which tells its progress. */
export function openSessionCall(url: string, token: string, session: string, duration: number, id: unknown = 7) {
  const params = {
    name: "longRunningOperation",
    arguments: { duration, steps: 20 },
    _meta: { progressToken: String(id) },
  }
  const headers = { ...json, ...bearer(token), "mcp-session-id": session }
  const body = JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params })
  return open(request(url, { method: "POST", headers }), body)
}
