/** What every measured process does besides its work: tells what fits it, and its processor time and memory when asked. */
import { mkdirSync, writeFileSync } from "node:fs"
import { Session } from "node:inspector"
import { dirname } from "node:path"
import type { FastifyInstance } from "fastify"
import type { FittingLoad, RightAnswer } from "../load.ts"
import type { Introduction, Memory, Question } from "../server-process.ts"

/** Where logs go: each server makes its lines as in production, and none is written but the last words of one that fails. */
export const nowhere = {
  write(line: string): void {
    if (line.startsWith('{"level":"fatal"')) process.stderr.write(line)
  },
}

interface Served {
  load: FittingLoad | FittingLoad[]
  right: RightAnswer
}

/** Listens on loopback and reports to the benchmark. */
export async function serveForBenchmark(app: FastifyInstance, served: Served): Promise<void> {
  await app.listen({ host: "127.0.0.1", port: 0 })
  reportServer((app.server.address() as { port: number }).port, served)
}

/** Of a server that listens already. */
export function reportServer(port: number, { load, right }: Served): void {
  converse({ served: { port, loads: [load].flat(), right } })
}

/** Of a process that does its work when it is told to. */
export function reportWorker(work: (count: number) => Promise<void>): void {
  converse({}, work)
}

function converse(introduction: Introduction, work?: (count: number) => Promise<void>): void {
  process.on("message", async (question: Question) => {
    if (question === "cpu") return process.send?.(cpuMs())
    if (question === "memory") return process.send?.(memory())
    await work?.(question.work)
    return process.send?.("done")
  })
  const { PROFILE } = process.env
  const finish = PROFILE === undefined ? undefined : profile(PROFILE)
  // The benchmark has ended, well or not: nothing else here is worth finishing.
  process.once("disconnect", () => {
    finish?.()
    process.exit()
  })
  process.send?.(introduction)
}

/** A request takes less than a hundred of these; V8's own millisecond sees the same place of the event loop again and again. */
const SAMPLE_EVERY_US = 100

/** From here on, so that loading is not in it. Returns what writes it. */
function profile(file: string): () => void {
  const session = new Session()
  session.connect()
  session.post("Profiler.enable")
  session.post("Profiler.setSamplingInterval", { interval: SAMPLE_EVERY_US })
  session.post("Profiler.start")
  return () =>
    session.post("Profiler.stop", (_error, { profile }) => {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, JSON.stringify(profile))
    })
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/**
 * After everything that is no longer needed was collected. Never before the work that is measured: V8 forgets with it what it knew of
 * the shapes of objects, and a server then costs some 5 % more for as long as it lives.
 */
function memory(): Memory {
  for (let i = 0; i < 2; i++) globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, resident: rss }
}
