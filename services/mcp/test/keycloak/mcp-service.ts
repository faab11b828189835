/** The process of the MCP service, as it is, in front of a realm. */
import { join } from "node:path"
import { findFreePort, watchOver } from "@gatehouse/test-kit"
import { runNode, untilReady } from "../../../all-in-one/test/processes.ts"
import { sendModern } from "../messages.ts"
import type { McpRealm } from "./mcp-realm.ts"

const main = join(import.meta.dirname, "../../src/main.ts")

export interface McpAnswer {
  status: number
  challenge: string | null
  retryAfter: string | null
  body: { error?: string; error_description?: string; result?: { structuredContent?: Record<string, unknown> } }
}

export interface McpService {
  origin: string
  /** Calls the tool `whoami`. */
  call(token?: string): Promise<McpAnswer>
  isReady(): Promise<boolean>
  /** Everything that it has logged. */
  output(): string
  end(): Promise<unknown>
}

/** @throws Error with what it printed, when it does not become ready */
export async function startMcpService(realm: McpRealm, env: Record<string, string>): Promise<McpService> {
  const [port, managementPort] = [await findFreePort(), await findFreePort()]
  const origin = `http://127.0.0.1:${port}`
  const running = runNode(["--conditions=source", main], {
    PORT: String(port),
    MANAGEMENT_PORT: String(managementPort),
    BASE_URI: origin,
    RESOURCE_URL: realm.resource,
    AUTH_MODE: "external",
    AUTH_SERVER_URL: realm.issuer,
    ...env,
  })
  watchOver(running.child)
  await untilReady(running, managementPort).catch(async (error) => {
    await running.end()
    throw error
  })
  return {
    origin,
    async call(token) {
      const message = { method: "tools/call", params: { name: "whoami", arguments: {} } }
      const answer = await sendModern(`${origin}/mcp`, { ...message, ...(token !== undefined && { token }) })
      const [challenge, retryAfter] = [answer.headers.get("www-authenticate"), answer.headers.get("retry-after")]
      return { status: answer.status, challenge, retryAfter, body: (await answer.json()) as McpAnswer["body"] }
    },
    isReady: async () => (await fetch(`http://127.0.0.1:${managementPort}/readyz`)).ok,
    output: running.output,
    end: running.end,
  }
}
