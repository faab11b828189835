/** Requests by hand, as each era sends them. */

export const json = { "content-type": "application/json", accept: "application/json, text/event-stream" }
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

export const envelope = (version = "2026-07-28") => ({
  "io.modelcontextprotocol/protocolVersion": version,
  "io.modelcontextprotocol/clientInfo": { name: "by-hand", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": { elicitation: { form: {} }, sampling: {} },
})

export interface Sent {
  token?: string
  method?: string
  params?: Record<string, unknown>
  /** null: a notification. */
  id?: unknown
  headers?: Record<string, string>
  body?: string
}

/** A request of 2026-07-28, with the headers that it needs. */
export function sendModern(url: string, { token, method = "tools/list", params = {}, id = 1, headers, body }: Sent) {
  const name = params["name"] ?? params["uri"]
  return fetch(url, {
    method: "POST",
    headers: {
      ...json,
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(typeof name === "string" && { "mcp-name": name }),
      ...(token !== undefined && bearer(token)),
      ...headers,
    },
    body: body ?? JSON.stringify({ jsonrpc: "2.0", id, method, params: { _meta: envelope(), ...params } }),
  })
}

/** A request of the 2025 revisions. */
export function sendLegacy(url: string, { token, method = "tools/list", params, id = 1, headers, body }: Sent) {
  return fetch(url, {
    method: "POST",
    headers: { ...json, ...(token !== undefined && bearer(token)), ...headers },
    body: body ?? JSON.stringify({ jsonrpc: "2.0", ...(id !== null && { id }), method, ...(params && { params }) }),
  })
}

export const initializeParams = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "by-hand", version: "1" },
}

/** Opens a session, and returns its id. */
export async function openSession(url: string, token: string): Promise<string> {
  const answer = await sendLegacy(url, { token, method: "initialize", params: initializeParams })
  await answer.text()
  const session = answer.headers.get("mcp-session-id")
  if (session === null) throw new Error(`no session: ${answer.status}`)
  const headers = { "mcp-session-id": session }
  await sendLegacy(url, { token, method: "notifications/initialized", id: null, headers })
  return session
}

export interface RpcAnswer {
  id?: unknown
  result?: Record<string, unknown>
  error?: { code: number; message: string; data?: unknown }
}

/** The JSON-RPC answer in a body, plain or as the last event of a stream. */
export async function rpcOf(answer: Response): Promise<RpcAnswer> {
  const text = await answer.text()
  if (!(answer.headers.get("content-type") ?? "").startsWith("text/event-stream")) return JSON.parse(text)
  const last = text.split("\n").findLast((line) => line.startsWith("data: {"))
  return JSON.parse((last ?? "").slice("data: ".length))
}
