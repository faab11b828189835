/** `npm run bench`: what introspection and the guard cost, against the least that a server could do. Prints a table, writes JSON. */
import { mkdirSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { startRedis } from "@gatehouse/test-kit"
import { type Contestant, contest, pin, type Result, startContestant, stop } from "./contest.ts"
import { measureStart } from "./start.ts"
import { describe, measureVerifier } from "./verifier.ts"

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 7)
const REQUESTS = Number(process.env["BENCH_REQUESTS"] ?? 10_000)
/** Of the built service; 0 leaves that measurement out. */
const STARTS = Number(process.env["BENCH_STARTS"] ?? 5)

/** Of the verifier in its own process; `off` leaves them out. */
const FIGURES = process.env["BENCH_FIGURES"] !== "off"

interface Row {
  what: string
  against: string
  reach: number
  ratio: number
  cpuMsPerThousand: number
  cpuMsPerThousandAgainst: number
}

/** A ratio of 1 means: costs no more processor time than what it is compared with. */
function row(what: string, against: string, reach: number, [ours, theirs]: Result[]): Row {
  if (!ours || !theirs) throw new Error("a comparison needs two results")
  return {
    what,
    against,
    reach,
    ratio: theirs.cpuMsPerThousand / ours.cpuMsPerThousand,
    cpuMsPerThousand: ours.cpuMsPerThousand,
    cpuMsPerThousandAgainst: theirs.cpuMsPerThousand,
  }
}

async function compare(contestants: Promise<Contestant>[], requests = REQUESTS): Promise<Result[]> {
  const started = await Promise.all(contestants)
  try {
    return await contest(started, ROUNDS, requests)
  } finally {
    await stop(started)
  }
}

pin(process.pid, 1)
const redis = await startRedis()
const REDIS_URL = redis.url
const rows = [
  row(
    "`POST /introspect`, in memory",
    "a bare Fastify route: same form, same answer size",
    0.6,
    await compare([startContestant("introspect", "introspect"), startContestant("bare form", "bare-form")]),
  ),
  row(
    "`POST /introspect`, on Redis",
    "a bare Fastify route with the same Redis GET",
    0.7,
    await compare([
      startContestant("introspect", "introspect", { REDIS_URL }),
      startContestant("bare form", "bare-form", { REDIS_URL }),
    ]),
  ),
  row(
    "`tools/call` at `/mcp`, token in the cache",
    "the same server without the guard",
    0.95,
    await compare(
      [startContestant("guarded", "mcp", { GUARD: "on" }), startContestant("unguarded", "mcp", { GUARD: "off" })],
      Math.ceil(REQUESTS / 4),
    ),
  ),
  row(
    "refusing a garbage token at `/mcp`",
    "a bare Fastify 401",
    0.7,
    await compare([
      startContestant("guard", "mcp", { TOKEN: "garbage" }),
      startContestant("bare refusal", "bare-refusal"),
    ]),
  ),
]
await redis.stop()
const figures = FIGURES ? await measureVerifier() : undefined
const start = STARTS > 0 ? await measureStart(STARTS) : undefined

console.log("| what | against | reach | ratio | cpu ms / 1,000 | against |\n|---|---|--:|--:|--:|--:|")
for (const { what, against, reach, ratio, cpuMsPerThousand, cpuMsPerThousandAgainst } of rows)
  console.log(
    `| ${what} | ${against} | ≥ ${reach.toFixed(2)} | **${ratio.toFixed(2)}** | ${cpuMsPerThousand.toFixed(0)} | ${cpuMsPerThousandAgainst.toFixed(0)} |`,
  )
if (figures) console.log(`\n${describe(figures)}`)
console.log("")
if (start)
  console.log(`start to ready: ${start.readyMs.toFixed(0)} ms; idle: ${start.idleMegabytes.toFixed(0)} MB resident`)
console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ${ROUNDS} rounds of ${REQUESTS} requests`,
)

mkdirSync("bench-results", { recursive: true })
const file = `bench-results/${new Date().toISOString().replaceAll(":", "-")}.json`
writeFileSync(
  file,
  JSON.stringify({ rows, figures, start, rounds: ROUNDS, requests: REQUESTS, node: process.version }, null, 2),
)
console.log(file)
