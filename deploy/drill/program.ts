/** A program that is started for a while: on loopback, in a directory of its own, ended by its pid, also when we die. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { watchOver } from "@gatehouse/test-kit"

export interface Program {
  stop(): Promise<void>
}

export interface ProgramOptions {
  program: string
  /** Names and texts of what stands in its directory. */
  files: Readonly<Record<string, string>>
  args: (directory: string) => string[]
  /** Answers 200 when it is ready. */
  readyUrl: string
}

const READY_WITHIN_MS = 20_000

/** @throws Error with the end of what it printed, when it ends or is not ready in time */
export async function startProgram({ program, files, args, readyUrl }: ProgramOptions): Promise<Program> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-drill-"))
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content)
  const child = spawn(program, args(directory), { cwd: directory, stdio: ["ignore", "pipe", "pipe"] })
  const exited = once(child, "exit")
  watchOver(child, { directory })
  let output = ""
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output = (output + chunk).slice(-4_000)
    })
  const stop = async () => {
    child.kill("SIGKILL")
    await exited
    await rm(directory, { recursive: true, force: true })
  }
  const deadline = performance.now() + READY_WITHIN_MS
  while (!(await isReady(readyUrl))) {
    if (child.exitCode === null && performance.now() < deadline) {
      await pause(100)
      continue
    }
    await stop()
    throw new Error(`${program} did not become ready:\n${output}`)
  }
  return { stop }
}

const isReady = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
