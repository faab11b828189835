/** Processor time of processes that are not ours to ask: as Linux counts it. */
import { readdirSync, readFileSync } from "node:fs"

/** Milliseconds on a processor, user and system, of every thread of a process. */
export function cpuMsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  )
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1_000_000
}
