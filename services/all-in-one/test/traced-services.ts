/** Both services on a real Redis, with a collector of traces, and clients that say what they want by hand. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findFreePort, type ReceivedSpan, type SpanReceiver, startRedis, startSpanReceiver } from "@gatehouse/test-kit"
import { type Sent, sendModern } from "../../mcp/test/messages.ts"
import { type RunningProcess, root, runNode, untilReady } from "./processes.ts"

export const INTROSPECTION_SECRET = "planted-introspection-secret-0123456789abcdef"
export const CLIENT_SECRET = "planted-client-secret-0123456789abcdef0123"

export interface TracedServices {
  collector: SpanReceiver
  mcp: RunningProcess
  auth: RunningProcess
  mcpUrl: string
  issuer: string
  managementPorts: readonly number[]
  /** A fresh access token, of the client that owns `CLIENT_SECRET`. */
  requestToken(): Promise<string>
  /** A call of a tool as of 2026-07-28. */
  call(sent: Sent): Promise<Response>
  /** Every span that belongs to a trace, once there are as many as expected. */
  trace(traceId: string, atLeast: number): Promise<ReceivedSpan[]>
  stop(): Promise<void>
}

/** @param env for both services, on top of what makes them send spans soon */
export async function startTracedServices(env: Record<string, string> = {}): Promise<TracedServices> {
  const [redis, collector] = [await startRedis(), await startSpanReceiver()]
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-traces-"))
  const [authPort, authManagement] = [await findFreePort(), await findFreePort()]
  const [mcpPort, mcpManagement] = [await findFreePort(), await findFreePort()]
  const issuer = `http://127.0.0.1:${authPort}`
  const mcpUrl = `http://127.0.0.1:${mcpPort}/mcp`
  const clients = join(directory, "clients.json")
  await writeFile(clients, JSON.stringify(clientsFor(mcpUrl)))
  const common = {
    REDIS_URL: redis.url,
    LOG_LEVEL: "debug",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: "50",
    ...env,
  }
  const auth = run("services/auth/src/main.ts", {
    ...common,
    PORT: String(authPort),
    MANAGEMENT_PORT: String(authManagement),
    BASE_URI: issuer,
    RESOURCES: mcpUrl,
    CLIENTS_FILE: clients,
  })
  await untilReady(auth, authManagement)
  const mcp = run("services/mcp/src/main.ts", {
    ...common,
    AUTH_MODE: "external",
    AUTH_SERVER_URL: issuer,
    PORT: String(mcpPort),
    MANAGEMENT_PORT: String(mcpManagement),
    BASE_URI: `http://127.0.0.1:${mcpPort}`,
    INTROSPECTION_CLIENT_ID: "mcp",
    INTROSPECTION_CLIENT_SECRET: INTROSPECTION_SECRET,
  })
  await untilReady(mcp, mcpManagement)
  return {
    collector,
    mcp,
    auth,
    mcpUrl,
    issuer,
    managementPorts: [authManagement, mcpManagement],
    requestToken: () => requestToken(issuer),
    call: (sent) => sendModern(mcpUrl, { method: "tools/call", ...sent }),
    trace: (traceId, atLeast) => untilReceived(collector, (span) => span.traceId === traceId, atLeast),
    async stop() {
      await mcp.end()
      await auth.end()
      await Promise.all([collector.close(), redis.stop(), rm(directory, { recursive: true })])
    },
  }
}

export const run = (main: string, env: Record<string, string>, args: string[] = []): RunningProcess =>
  runNode(["--conditions=source", ...args, join(root, main)], env)

async function requestToken(issuer: string): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`nightly:${CLIENT_SECRET}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

export async function untilReceived(
  { spans }: SpanReceiver,
  wanted: (span: ReceivedSpan) => boolean,
  atLeast = 1,
): Promise<ReceivedSpan[]> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const found = spans().filter(wanted)
    if (found.length >= atLeast) return found
    if (Date.now() > deadline)
      throw new Error(`${found.length} spans of ${atLeast}: ${JSON.stringify(spans().map(({ name }) => name))}`)
    await new Promise((later) => setTimeout(later, 25))
  }
}

const clientsFor = (resource: string) => ({
  clients: [{ client_id: "nightly", client_secret: CLIENT_SECRET, grant_types: ["client_credentials"] }],
  resource_servers: [{ client_id: "mcp", client_secret: INTROSPECTION_SECRET, resources: [resource] }],
})
