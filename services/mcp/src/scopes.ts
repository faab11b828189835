/** Which scopes an operation needs: decided on the body's method and name, before anything runs. */
import { MCP_SCOPES } from "@gatehouse/oauth"
import { type Message, textParameter } from "./json-rpc.ts"
import { prompts } from "./prompts/index.ts"
import { tools } from "./tools/index.ts"

/** Scopes by tool, beyond those the tool itself needs: an operator can tighten a tool, never loosen it. */
export type ToolScopes = ReadonlyMap<string, readonly string[]>

const byTool = new Map(tools.map(({ name, scopes }) => [name, scopes]))
const byPrompt = new Map(prompts.map(({ name, scopes }) => [name, scopes]))

/** Every scope that the message needs. None for what any MCP scope allows: the handshake, ping, log level. */
export function requiredScopes(message: Message, toolScopes: ToolScopes): string[] {
  const name = textParameter(message, "name") ?? ""
  switch (message.method) {
    case "tools/call":
      return ["mcp:tools", ...(byTool.get(name) ?? []), ...(toolScopes.get(name) ?? [])]
    case "prompts/get":
      return ["mcp:prompts", ...(byPrompt.get(name) ?? [])]
    case "subscriptions/listen":
      return listenScopes(message)
    case "completion/complete":
      return [
        textParameter({ params: objectParameter(message, "ref") }, "type") === "ref/prompt"
          ? "mcp:prompts"
          : "mcp:resources",
      ]
    default:
      return familyScopes(message.method ?? "")
  }
}

/** `tools/…`, `resources/…` and `prompts/…` need the scope of their name. */
function familyScopes(method: string): string[] {
  const [family] = method.split("/", 1)
  return MCP_SCOPES.filter((scope) => scope === `mcp:${family}`)
}

/** Each part of a filter needs what reading its subject would need; the SDK checks none. */
function listenScopes(message: Message): string[] {
  const filter = objectParameter(message, "notifications")
  const needed: Record<string, string> = {
    toolsListChanged: "mcp:tools",
    promptsListChanged: "mcp:prompts",
    resourcesListChanged: "mcp:resources",
    resourceSubscriptions: "mcp:resources",
  }
  return [...new Set(Object.keys(filter).flatMap((part) => (Object.hasOwn(needed, part) ? (needed[part] ?? []) : [])))]
}

function objectParameter(message: Message, name: string): Record<string, unknown> {
  const value = message.params?.[name]
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}
}

/** What the metadata offers: the service's own scopes, and those an operator added. */
export const supportedScopes = (toolScopes: ToolScopes): string[] => [
  ...new Set([...MCP_SCOPES, ...[...toolScopes.values()].flat()]),
]
