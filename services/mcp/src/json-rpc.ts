/** JSON-RPC at the edge: one message from a body's text, and errors that carry its id. */

/** Deeper nesting is nobody's tool arguments, and would exhaust the stack of whatever walks it. */
const MAX_DEPTH = 64
const QUOTE = 34
const BACKSLASH = 92

export interface Message {
  readonly method?: string
  readonly id?: unknown
  readonly params?: Readonly<Record<string, unknown>>
}

export const errorCodes = { parse: -32700, invalidRequest: -32600, invalidParams: -32602, server: -32000 } as const

/** A refusal on the level of HTTP that is still a JSON-RPC error. The id is that of the message, when it could be read. */
export function refuseMessage(
  status: number,
  error: { code: number; message: string },
  options: { message?: Message | undefined; headers?: Record<string, string> } = {},
): Response {
  const body = { jsonrpc: "2.0", error, id: idOf(options.message) }
  return Response.json(body, { status, ...(options.headers && { headers: options.headers }) })
}

/** Parses a body into its one message; or says what it is instead. Whether the message is a valid one is for the SDK to say. */
export function parseMessage(text: string): Message | Response {
  if (isTooDeep(text))
    return refuseMessage(400, { code: errorCodes.invalidRequest, message: `nested deeper than ${MAX_DEPTH} levels` })
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return refuseMessage(400, { code: errorCodes.parse, message: "Parse error: the body is not JSON" })
  }
  // Batches ended with revision 2025-06-18; before that they were allowed to be refused.
  if (typeof body !== "object" || body === null || Array.isArray(body))
    return refuseMessage(400, { code: errorCodes.invalidRequest, message: "the body must be one JSON-RPC message" })
  if ("method" in body && typeof body.method !== "string")
    return refuseMessage(400, { code: errorCodes.invalidRequest, message: "method must be text" })
  return body as Message
}

/** An id is echoed for a request only: a response's is the server's own. */
function idOf(message: Message | undefined): string | number | null {
  if (typeof message?.method !== "string") return null
  return typeof message.id === "string" || typeof message.id === "number" ? message.id : null
}

function isTooDeep(json: string): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < json.length; i++) {
    const character = json.charCodeAt(i)
    if (inString) {
      if (character === BACKSLASH) i++
      else if (character === QUOTE) inString = false
    } else if (character === QUOTE) inString = true
    else if (character === 0x5b || character === 0x7b) {
      if (++depth > MAX_DEPTH) return true
    } else if (character === 0x5d || character === 0x7d) depth--
  }
  return false
}

/** A member of the parameters, if it is text. */
export function textParameter(message: Message, name: string): string | undefined {
  const { params } = message
  const value = typeof params === "object" && params !== null && Object.hasOwn(params, name) ? params[name] : undefined
  return typeof value === "string" ? value : undefined
}
