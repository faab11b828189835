/** Measures servers side by side: interleaved rounds, the processor time each spends per 1,000 requests, medians, ratios. */
import { type ChildProcess, execFileSync, fork } from "node:child_process"
import { once } from "node:events"
import { availableParallelism } from "node:os"
import { Pool } from "undici"

/** A request that is sent again and again, and how its answer is known to be right. */
export interface Load {
  method: "GET" | "POST"
  path: string
  headers: Record<string, string>
  body?: string
  expect: (status: number, body: string) => boolean
}

/** A running server process: it answers `{ cpu: true }` over IPC with its own processor time. */
export interface Contestant {
  name: string
  child: ChildProcess
  /** Aborts when the process ends: what it would say is not waited for any longer. */
  end: AbortSignal
  port: number
  load: Load
}

export interface Result {
  name: string
  /** Processor milliseconds (user + system) of the server process per 1,000 requests, median of the rounds. */
  cpuMsPerThousand: number
  requestsPerSecond: number
}

interface FirstMessage {
  port: number
  load: Omit<Load, "expect">
  right: { status: number; contains: string }
}

const CONNECTIONS = 32

/** Starts `servers/NAME.ts`; what it sends first are its port and the load that fits it. */
export async function startContestant(
  name: string,
  script: string,
  env: Record<string, string> = {},
): Promise<Contestant> {
  const child = fork(new URL(`./servers/${script}.ts`, import.meta.url), {
    execArgv: ["--conditions=source"],
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  pin(child.pid, 0)
  const end = new AbortController()
  child.once("exit", (code) => end.abort(new Error(`${name}: the server ended with ${code}`)))
  const signal = end.signal
  const [ready] = (await once(child, "message", { signal })) as [FirstMessage]
  const { right } = ready
  const expect = (status: number, body: string) => status === right.status && body.includes(right.contains)
  return { name, child, end: signal, port: ready.port, load: { ...ready.load, expect } }
}

/** One core for the server, another for the load; where that can't be had, the processor time is still the server's own. */
export function pin(pid: number | undefined, core: number): void {
  if (availableParallelism() < 2 || pid === undefined) return
  try {
    execFileSync("taskset", ["-a", "-p", "-c", String(core), String(pid)], { stdio: "ignore" })
  } catch {
    // no taskset on this system
  }
}

async function cpuMs({ child, end }: Contestant): Promise<number> {
  const answer = once(child, "message", { signal: end })
  child.send({ cpu: true })
  const [{ user, system }] = (await answer) as [NodeJS.CpuUsage]
  return (user + system) / 1000
}

/** Sends `requests` over a few connections; throws at the first wrong answer. */
async function send({ port, load, name }: Contestant, requests: number): Promise<void> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS })
  let left = requests
  const worker = async () => {
    while (left-- > 0) {
      const { method, path, headers } = load
      const answer = await pool.request({ method, path, headers, ...(load.body !== undefined && { body: load.body }) })
      const body = await answer.body.text()
      if (!load.expect(answer.statusCode, body)) throw new Error(`${name}: ${answer.statusCode} ${body.slice(0, 200)}`)
    }
  }
  const rest = stayAwake()
  await Promise.all(Array.from({ length: CONNECTIONS }, worker)).finally(rest)
  await pool.close()
}

/**
 * Waking a process that sleeps is paid for by the one that writes to it: a server that is slower than the load would be charged
 * for it at each answer, a fast one never. So the load never sleeps, on a core of its own.
 */
function stayAwake(): () => void {
  let awake = true
  const turn = () => void (awake && setImmediate(turn))
  turn()
  return () => {
    awake = false
  }
}

export const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** Warms every contestant up, then lets them take turns. */
export async function contest(contestants: Contestant[], rounds: number, requests: number): Promise<Result[]> {
  const cpu = new Map(contestants.map(({ name }) => [name, [] as number[]]))
  const rate = new Map(contestants.map(({ name }) => [name, [] as number[]]))
  for (const contestant of contestants) await send(contestant, requests)
  for (let round = 0; round < rounds; round++)
    for (const contestant of contestants) {
      const before = await cpuMs(contestant)
      const started = performance.now()
      await send(contestant, requests)
      const seconds = (performance.now() - started) / 1000
      cpu.get(contestant.name)?.push(((await cpuMs(contestant)) - before) / (requests / 1000))
      rate.get(contestant.name)?.push(requests / seconds)
    }
  return contestants.map(({ name }) => ({
    name,
    cpuMsPerThousand: median(cpu.get(name) ?? []),
    requestsPerSecond: median(rate.get(name) ?? []),
  }))
}

export async function stop(contestants: Contestant[]): Promise<void> {
  for (const { child } of contestants) {
    if (child.connected) child.disconnect()
    if (child.exitCode === null) await once(child, "exit")
  }
}
