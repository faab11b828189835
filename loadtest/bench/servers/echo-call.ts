/** A call of the tool `echo`, as a client sends it. */
import type { FittingLoad } from "../load.ts"

/** As a client of 2026-07-28 sends it: without a session. */
export function callOfEcho(baseUri: string, bearer: string): FittingLoad {
  const envelope = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "benchmark", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  }
  const params = { _meta: envelope, name: "echo", arguments: { message: "hello" } }
  return {
    method: "POST",
    path: "/mcp",
    headers: {
      host: new URL(baseUri).host,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "echo",
      authorization: `Bearer ${bearer}`,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
  }
}
