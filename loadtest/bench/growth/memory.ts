/** What an open session of the 2025 revisions and an open stream take of the MCP service's memory. */
import { once } from "node:events"
import { Agent, type IncomingMessage, request } from "node:http"
import { table } from "../document.ts"
import { type ServerProcess, startServer } from "../server-process.ts"

export interface MemoryFigures {
  count: number
  perSession: Bytes
  perStream: Bytes
}

interface Bytes {
  heap: number
  resident: number
}

/** Of a subject; it may have as many streams. */
const SESSIONS_EACH = 50

/** The server's memory before and after `count` sessions are opened, and again after each has its stream. */
export async function measureMemory(count: number): Promise<MemoryFigures> {
  const server = await startServer({ name: "sessions and streams", script: "mcp", env: { GUARD: "off" } })
  const client = clientOf(server)
  try {
    const first = await client.openSessions("first", SESSIONS_EACH) // what is made once is made before
    await client.openStreams(first)
    const before = await server.memory()
    const sessions = await client.openSessions("later", count)
    const withSessions = await server.memory()
    await client.openStreams(sessions)
    const withStreams = await server.memory()
    return { count, perSession: each(before, withSessions, count), perStream: each(withSessions, withStreams, count) }
  } finally {
    client.close()
    await server.stop()
  }
}

const each = (before: Bytes, after: Bytes, count: number): Bytes => ({
  heap: (after.heap - before.heap) / count,
  resident: (after.resident - before.resident) / count,
})

interface Session {
  subject: string
  id: string
}

const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "benchmark", version: "1" } },
})

function clientOf({ target }: ServerProcess) {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1 })
  const streams: IncomingMessage[] = []
  const { host = "" } = target.loadOf(0).headers
  const ask = async (method: "GET" | "POST", headers: Record<string, string>, body?: string) => {
    const asked = request({
      agent,
      host: "127.0.0.1",
      port: target.port,
      path: "/mcp",
      method,
      headers: {
        host,
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2025-11-25",
        ...headers,
      },
    }).end(body)
    const [answer] = (await once(asked, "response")) as [IncomingMessage]
    if (answer.statusCode !== 200) throw new Error(`${method} was answered ${answer.statusCode}`)
    return answer
  }
  return {
    async openSessions(who: string, count: number): Promise<Session[]> {
      const sessions: Session[] = []
      for (let i = 0; i < count; i++) {
        const subject = `demo|${who} ${Math.floor(i / SESSIONS_EACH)}`
        const answer = await ask("POST", { "x-subject": subject, "content-type": "application/json" }, initialize)
        await answer.resume().toArray()
        sessions.push({ subject, id: String(answer.headers["mcp-session-id"]) })
      }
      return sessions
    },
    async openStreams(sessions: readonly Session[]): Promise<void> {
      for (const { subject, id } of sessions) {
        const stream = await ask("GET", { "x-subject": subject, "mcp-session-id": id, accept: "text/event-stream" })
        streams.push(stream.on("error", () => {})) // it ends with the server
        await once(stream, "data")
      }
    },
    close() {
      for (const stream of streams) stream.destroy()
      agent.destroy()
    },
  }
}

export function describeMemory({ count, perSession, perStream }: MemoryFigures): string {
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`
  const row = (what: string, { heap, resident }: Bytes) => [what, kib(heap), kib(resident)]
  const rows = [
    row("a session of the 2025 revisions", perSession),
    row("an open stream, with its connection", perStream),
  ]
  return table([`each of ${count.toLocaleString("en")}`, "heap and buffers", "resident"], "lrr", rows)
}
