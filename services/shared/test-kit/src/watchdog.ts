/** Ends a server when the test run that started it dies, however that happens: nothing of ours is left behind. */
import { type ChildProcess, spawn } from "node:child_process"

const script = `read -r _; kill -9 "$1"; rm -rf "$2"`

/** Waits for the end of its input, which comes with the death of this process, a SIGKILL included. */
export function watchOver(child: ChildProcess, directory: string): void {
  if (child.pid === undefined) return
  const watchdog = spawn("sh", ["-c", script, "sh", String(child.pid), directory], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true, // what is sent to our process group must not end it first
  })
  child.once("exit", () => watchdog.kill("SIGKILL"))
}
