/** A measured process: started on one core, asked for its work, its processor time and its memory over IPC. */
import { type ChildProcess, execFileSync, fork } from "node:child_process"
import { once } from "node:events"
import { availableParallelism } from "node:os"
import { join, resolve } from "node:path"
import type { Contestant } from "./contest.ts"
import { type FittingLoad, type RightAnswer, send, type Target } from "./load.ts"

/** What a process says first. */
export interface Introduction {
  /** Of a server: what is asked for, in turn, and how a right answer is known. */
  served?: { port: number; loads: FittingLoad[]; right: RightAnswer }
}

/** Bytes, without what is no longer needed. */
export interface Memory {
  heap: number
  resident: number
}

export type Question = "cpu" | "memory" | { work: number }

export interface MeasuredProcess extends Contestant {
  memory(): Promise<Memory>
  pid: number
}

export interface ServerProcess extends MeasuredProcess {
  target: Target
}

export interface ProcessOptions {
  name: string
  /** Of `servers/`. */
  script: string
  env?: Record<string, string>
  execArgv?: string[]
}

/** Where profiles of the processes go, when they are wanted. */
const profiles: { directory?: string } = {}
export const profileInto = (directory: string): void => {
  profiles.directory = directory
}

/** Starts `servers/SCRIPT.ts`, which serves: what it says first are its port and the load that fits it. */
export async function startServer(options: ProcessOptions): Promise<ServerProcess> {
  const started = await startMeasured(options)
  const { introduction } = started
  const { name } = options
  if (introduction.served === undefined) throw new Error(`${name} does not serve`)
  const { port, loads, right } = introduction.served
  const target = { name, port, right, loadOf: (number: number) => loads[number % loads.length] as FittingLoad }
  return { ...measured(options, started), target, work: (requests) => send(target, { requests }) }
}

/** Starts `servers/SCRIPT.ts`, which works without being served to anybody. */
export async function startWorker(options: ProcessOptions): Promise<MeasuredProcess> {
  const started = await startMeasured(options)
  return { ...measured(options, started), work: async (count) => void (await started.ask({ work: count })) }
}

interface Started {
  child: ChildProcess
  ask: (question?: Question) => Promise<unknown>
  introduction: Introduction
}

async function startMeasured({ name, script, env = {}, execArgv = [] }: ProcessOptions): Promise<Started> {
  const child = fork(new URL(`./servers/${script}.ts`, import.meta.url), {
    execArgv: ["--conditions=source", "--expose-gc", ...execArgv],
    env: { PATH: process.env["PATH"] ?? "", ...profiling(name), ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  const ask = conversation(child, name)
  const introduction = (await ask()) as Introduction
  pin(child.pid, 0) // not before: whoever fills a store first may use what there is
  return { child, ask, introduction }
}

function measured({ name }: ProcessOptions, { child, ask }: Started): Omit<MeasuredProcess, "work"> {
  return {
    name,
    pid: child.pid ?? 0,
    cpuMs: async () => (await ask("cpu")) as number,
    memory: async () => (await ask("memory")) as Memory,
    async stop() {
      if (child.connected) child.disconnect()
      if (child.exitCode === null) await once(child, "exit")
    },
  }
}

function profiling(name: string): Record<string, string> {
  const { directory } = profiles
  if (directory === undefined) return {}
  return { PROFILE: join(resolve(directory), `${name.replaceAll(/\W+/g, "-")}.cpuprofile`) }
}

/** Sends what is asked, if anything, and waits for what is said next; no longer than the process lives. */
function conversation(child: ChildProcess, name: string): Started["ask"] {
  const end = new AbortController()
  child.once("exit", (code) => end.abort(new Error(`${name}: the process ended with ${code}`)))
  return async (question) => {
    if (end.signal.aborted) throw end.signal.reason
    const answer = once(child, "message", { signal: end.signal })
    if (question !== undefined) child.send(question)
    const [message] = await answer.catch(() => {
      throw end.signal.reason
    })
    return message
  }
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
