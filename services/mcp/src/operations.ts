/** Operations of the MCP server: one message of a client each, from its arrival to its answer, and how it ended. */
import { AsyncLocalStorage } from "node:async_hooks"
import type { JSONRPCMessage } from "@modelcontextprotocol/server"
import { type Message, textParameter } from "./json-rpc.ts"
import { tools } from "./tools/index.ts"

/** What clients send, of every revision: requests, then notifications. */
export const METHODS: readonly string[] = [
  "initialize",
  "server/discover",
  "ping",
  "tools/list",
  "tools/call",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "resources/subscribe",
  "resources/unsubscribe",
  "prompts/list",
  "prompts/get",
  "completion/complete",
  "logging/setLevel",
  "subscriptions/listen",
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
  "notifications/roots/list_changed",
]

export const TOOLS: readonly string[] = tools.map(({ name }) => name)

/**
 * `error.type` of the conventions for MCP: the code of a JSON-RPC error, or `tool_error` for a tool's own failure; and what ends
 * an operation before or beside that. `cancelled`: the client went, or its token ended, before the answer.
 */
export const ERROR_TYPES = [
  "none",
  "tool_error",
  "insufficient_scope",
  "rate_limited",
  "cancelled",
  "-32700",
  "-32600",
  "-32601",
  "-32602",
  "-32603",
  "-32000",
  "-32001",
  "-32002",
  "-32020",
  "-32021",
  "-32022",
  "other",
] as const
export type ErrorType = (typeof ERROR_TYPES)[number]

export interface Operation {
  /** Runs what serves it: an answer that is sent meanwhile ends it. */
  during<T>(work: () => T): T
  /** How it ended, by whoever knows it first. */
  end(errorType: ErrorType): void
}

export interface EndedOperation {
  /** As the client wrote it. */
  method: string
  /** As the client wrote it; undefined unless a tool is called. */
  tool: string | undefined
  errorType: ErrorType
  seconds: number
}

const current = new AsyncLocalStorage<Operation>()

/** @param ended hears of it when it is over, once */
export function beginOperation(message: Message, ended: (operation: EndedOperation) => void): Operation {
  const begunMs = performance.now()
  const { method = "" } = message
  const tool = method === "tools/call" ? (textParameter(message, "name") ?? "") : undefined
  let open = true
  const operation: Operation = {
    during: (work) => current.run(operation, work),
    end(errorType) {
      if (!open) return
      open = false
      ended({ method, tool, errorType, seconds: (performance.now() - begunMs) / 1000 })
    },
  }
  return operation
}

/** To be told of everything that is sent: an answer ends the operation that it is sent in. */
export function sent(message: JSONRPCMessage): void {
  if ("result" in message) current.getStore()?.end(message.result["isError"] === true ? "tool_error" : "none")
  else if ("error" in message) current.getStore()?.end(errorTypeOf(message.error.code))
}

const errorTypes: ReadonlySet<string> = new Set(ERROR_TYPES)

function errorTypeOf(code: unknown): ErrorType {
  const type = String(code)
  return errorTypes.has(type) ? (type as ErrorType) : "other"
}

/** How an HTTP answer ended an operation in which nothing was sent: refused before anybody served it, or accepted. */
export async function endingOf(response: Response): Promise<ErrorType> {
  if (response.ok) return "none"
  if (response.status === 429) return "rate_limited"
  if (response.status === 499) return "cancelled"
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined)
  return errorTypeOf((body as { error?: { code?: unknown } } | undefined)?.error?.code)
}
