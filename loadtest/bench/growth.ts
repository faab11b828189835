/**
 * `npm run bench:growth`: how cost grows with tokens, connections, sessions and clients. Prints tables, writes JSON, and, with
 * `--docs=docs`, the tables and plots of docs/performance.md. `--only=NAME,NAME` leaves out the rest, `--most=100000` stops at fewer tokens.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { circumstances, writePart } from "./document.ts"
import { describeClients, measureClients } from "./growth/clients.ts"
import { describeConnections, measureConnections, plotOfConnections } from "./growth/connections.ts"
import { describeMemory, measureMemory } from "./growth/memory.ts"
import { describeTokens, measureTokens, plotOfTokens } from "./growth/tokens.ts"
import { drawPlot, type Plot } from "./plot.ts"
import { pin } from "./server-process.ts"

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5)
const requests = Number(process.env["BENCH_REQUESTS"] ?? 10_000)

const options = { only: { type: "string" }, most: { type: "string" }, docs: { type: "string" } } as const
const { only, most = "1000000", docs } = parseArgs({ options }).values
const upTo = (sizes: readonly number[]) => sizes.filter((size) => size <= Number(most))

interface Part {
  /** As JSON has it. */
  figures: unknown
  text: string
  plot?: Plot
}

const parts: Record<string, () => Promise<Part>> = {
  async tokens() {
    const figures = await measureTokens({ sizes: upTo([1, 1_000, 100_000, 1_000_000]), rounds, requests })
    return { figures, text: describeTokens(figures), plot: plotOfTokens(figures) }
  },
  async connections() {
    const figures = await measureConnections({ connections: [1, 10, 100, 1000], rounds, requests })
    return { figures, text: describeConnections(figures), plot: plotOfConnections(figures) }
  },
  async memory() {
    const figures = await measureMemory(Math.min(2000, Number(most)))
    return { figures, text: describeMemory(figures) }
  },
  async clients() {
    const figures = await measureClients({ sizes: upTo([1, 100_000]), times: Math.min(rounds, 5) })
    return { figures, text: describeClients(figures) }
  },
}

const chosen = only?.split(",") ?? Object.keys(parts)
const unknown = chosen.filter((name) => !(name in parts))
if (unknown.length > 0) throw new Error(`--only has ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}`)

pin(process.pid, 1)
const figures: Record<string, unknown> = {}
for (const name of chosen) {
  const part = await parts[name]?.()
  if (part === undefined) continue
  figures[name] = part.figures
  const where = `\`npm run bench:growth -- --only=${name}\`: ${circumstances()}, ${rounds} rounds.`
  console.log(`${part.text}\n\n${where}\n`)
  if (docs !== undefined) write(docs, name, { ...part, text: `${where}\n\n${part.text}` })
}

mkdirSync("bench-results", { recursive: true })
const file = `bench-results/growth-${new Date().toISOString().replaceAll(":", "-")}.json`
writeFileSync(file, JSON.stringify({ figures, rounds, requests, where: circumstances() }, null, 2))
console.log(file)

function write(directory: string, name: string, { text, plot }: Part): void {
  const image = `performance-${name}.svg`
  if (plot !== undefined) writeFileSync(join(directory, image), drawPlot(plot))
  writePart(directory, name, plot === undefined ? text : `${text}\n\n![${plot.title}](${image})`)
}
