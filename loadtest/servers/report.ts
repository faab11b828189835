/** What every measured server does besides serving: tells its port and its load, and its own processor time when asked. */
import type { FastifyInstance } from "fastify"

export interface FittingLoad {
  method: "GET" | "POST"
  path: string
  headers: Record<string, string>
  body?: string
}

/** Where logs go: each server makes its lines as in production, and none is written but the last words of one that fails. */
export const nowhere = {
  write(line: string): void {
    if (line.startsWith('{"level":"fatal"')) process.stderr.write(line)
  },
}

/** How a right answer is known. */
export interface RightAnswer {
  status: number
  /** Stands in its body. */
  contains: string
}

/** Listens on loopback and reports to the benchmark. */
export async function serveForBenchmark(app: FastifyInstance, load: FittingLoad, right: RightAnswer): Promise<void> {
  await app.listen({ host: "127.0.0.1", port: 0 })
  process.on("message", () => process.send?.(process.cpuUsage()))
  // The benchmark has ended, well or not: nothing here is worth finishing.
  process.once("disconnect", () => process.exit())
  process.send?.({ port: (app.server.address() as { port: number }).port, load, right })
}
