/** Ends a server when the test run that started it dies, however that happens: nothing of ours is left behind. */
import { type ChildProcess, spawn } from "node:child_process"

const script = `read -r _; kill -9 "$1"; rm -rf "$2"`

export interface WatchOptions {
  /** Where it writes: removed with it. */
  directory?: string
  /** It leads a process group of its own (`detached`), which ends as a whole. */
  group?: boolean
}

/** Waits for the end of its input, which comes with the death of this process, a SIGKILL included. */
export function watchOver(child: ChildProcess, { directory = "", group = false }: WatchOptions = {}): void {
  if (child.pid === undefined) return
  const whom = String(group ? -child.pid : child.pid)
  const watchdog = spawn("sh", ["-c", script, "sh", whom, directory], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true, // what is sent to our process group must not end it first
  })
  child.once("close", () => watchdog.kill("SIGKILL"))
}
