/** How long a request takes when more and more connections ask at once, each again as soon as it is answered. */
import { rounded, table } from "../document.ts"
import { send } from "../load.ts"
import type { Plot } from "../plot.ts"
import { type ProcessOptions, type ServerProcess, startServer } from "../server-process.ts"
import { median, quantile } from "../statistics.ts"

export interface ConnectionRow {
  what: string
  connections: number
  /** Milliseconds, medians of the rounds. */
  p50: number
  p95: number
  p99: number
  cpuMsPerThousand: number
  requestsPerSecond: number
}

export interface ConnectionsOptions {
  connections: readonly number[]
  rounds: number
  /** Of a round; each connection asks ten times at least. */
  requests: number
}

const servers: (ProcessOptions & { share: number })[] = [
  { name: "`POST /introspect`, in memory", script: "introspect", share: 1 },
  { name: "`tools/call` at `/mcp`, token in the cache", script: "mcp", share: 1 / 4 },
]
const FEWEST_OF_EACH = 10

export async function measureConnections(options: ConnectionsOptions): Promise<ConnectionRow[]> {
  const rows: ConnectionRow[] = []
  for (const { share, ...server } of servers) {
    const started = await startServer(server)
    try {
      rows.push(...(await measureServer(started, { ...options, requests: options.requests * share })))
    } finally {
      await started.stop()
    }
  }
  return rows
}

async function measureServer(server: ServerProcess, options: ConnectionsOptions): Promise<ConnectionRow[]> {
  await server.work(options.requests) // until it is compiled
  const all = options.connections.map((connections) => ({ connections, rounds: [] as Round[] }))
  for (let i = 0; i < options.rounds; i++)
    for (const { connections, rounds } of all) rounds.push(await round(server, connections, options.requests))
  return all.map(({ connections, rounds }) => {
    const of = (figure: keyof Round) => median(rounds.map((each) => each[figure]))
    const [p50, p95, p99] = [of("p50"), of("p95"), of("p99")]
    const [cpuMsPerThousand, requestsPerSecond] = [of("cpuMsPerThousand"), of("requestsPerSecond")]
    return { what: server.name, connections, p50, p95, p99, cpuMsPerThousand, requestsPerSecond }
  })
}

type Round = Omit<ConnectionRow, "what" | "connections">

async function round(server: ServerProcess, connections: number, atLeast: number): Promise<Round> {
  const requests = Math.ceil(Math.max(atLeast, connections * FEWEST_OF_EACH))
  const taken: number[] = []
  const before = await server.cpuMs()
  const began = performance.now()
  await send(server.target, { requests, connections, onAnswer: (milliseconds) => void taken.push(milliseconds) })
  const seconds = (performance.now() - began) / 1000
  const [p50, p95, p99] = [quantile(taken, 0.5), quantile(taken, 0.95), quantile(taken, 0.99)]
  const cpuMsPerThousand = ((await server.cpuMs()) - before) / (requests / 1000)
  return { p50, p95, p99, cpuMsPerThousand, requestsPerSecond: requests / seconds }
}

export const describeConnections = (rows: readonly ConnectionRow[]): string =>
  table(
    ["what", "connections", "p50, ms", "p95", "p99", "ms / 1,000", "per second"],
    "lrrrrrr",
    rows.map(({ what, connections, p50, p95, p99, cpuMsPerThousand, requestsPerSecond }) => [
      what,
      connections.toLocaleString("en"),
      ...[p50, p95, p99, cpuMsPerThousand].map(rounded),
      requestsPerSecond.toFixed(0),
    ]),
  )

export function plotOfConnections(rows: readonly ConnectionRow[]): Plot {
  const names = [...new Set(rows.map(({ what }) => what))]
  const series = names.flatMap((name) =>
    (["p50", "p99"] as const).map((figure) => ({
      name: `${name.replaceAll("`", "").split(/,| at /)[0]}, ${figure}`,
      points: rows.filter(({ what }) => what === name).map((row) => [row.connections, row[figure]] as const),
    })),
  )
  const title = "How long a request takes, by the number of connections"
  return { title, xLabel: "connections, each asking without a pause", yLabel: "milliseconds", series }
}
