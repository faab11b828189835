/** Gatehouse's processes, started and ended by tests. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { resolve } from "node:path"

export const root = resolve(import.meta.dirname, "../../..")

export interface RunningProcess {
  child: ChildProcess
  /** Everything that it has printed. */
  output: () => string
  /** SIGTERM, and SIGKILL after ten seconds; returns the exit code. */
  end: () => Promise<number | null>
}

/** Starts `node ARGS` with nothing of this environment but PATH. */
export function runNode(args: string[], env: Record<string, string>, cwd: string = tmpdir()): RunningProcess {
  const chunks: string[] = []
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOST: "127.0.0.1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(String(chunk)))
  const exited = once(child, "exit")
  const end = async () => {
    child.kill("SIGTERM")
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000)
    await exited
    clearTimeout(timer)
    return child.exitCode
  }
  return { child, output: () => chunks.join(""), end }
}

const READY_TIMEOUT_MS = 20_000

/** @throws Error with what the process printed, when it ends first or does not become ready in 20 s */
export async function untilReady(running: RunningProcess, managementPort: number): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS
  while (Date.now() < deadline) {
    if (running.child.exitCode !== null) throw new Error(`the service ended:\n${running.output()}`)
    const answer = await fetch(`http://127.0.0.1:${managementPort}/readyz`).catch(() => undefined)
    if (answer?.ok) return
    await new Promise((later) => setTimeout(later, 50))
  }
  throw new Error(`the service did not become ready:\n${running.output()}`)
}
