/**
 * `npm run bench`: what introspection and the guard cost, against the least that a server could do. Prints a table, writes JSON.
 * `-- --only=NAME,NAME` leaves out the rest; `--strict` fails when a ratio is refused or not reached; `--docs=docs` writes the tables into
 * docs/performance.md and the README; `--profile=DIRECTORY` says where the processor time went.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { startRedis } from "@gatehouse/test-kit"
import { type Comparison, comparisonsOn } from "./comparisons.ts"
import { compare, type Result } from "./contest.ts"
import { circumstances, table, writePart } from "./document.ts"
import { describeProfiles } from "./profile.ts"
import { pin, profileInto } from "./server-process.ts"
import { describeStarts, measureStarts } from "./start.ts"
import { describeRatio, describeSpread, type Ratio, ratioOf } from "./statistics.ts"
import { describe, measureVerifier } from "./verifier.ts"

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 7)
const REQUESTS = Number(process.env["BENCH_REQUESTS"] ?? 10_000)
/** Of each built service. */
const STARTS = 5

const options = {
  only: { type: "string" },
  docs: { type: "string" },
  profile: { type: "string" },
  strict: { type: "boolean" },
} as const
const { only, docs, profile, strict } = parseArgs({ options }).values

interface Row extends Pick<Comparison, "name" | "what" | "against" | "reach"> {
  ratio: Ratio
  ours: Result
  theirs: Result
}

async function measure({ name, what, against, reach, share, longer = 1, ...servers }: Comparison): Promise<Row> {
  const requests = Math.ceil(REQUESTS * share)
  const [ours, theirs] = await compare([servers.ours(), servers.theirs()], { rounds: ROUNDS * longer, requests })
  if (!ours || !theirs) throw new Error("a comparison needs two results")
  return { name, what, against, reach, ratio: ratioOf(ours.rounds, theirs.rounds), ours, theirs }
}

interface Column {
  head: string
  /** As in `table`. */
  side: "l" | "r"
  cell: (row: Row) => string
  /** Left out in the README. */
  detail?: true
}

const columns: Column[] = [
  { head: "what", side: "l", cell: ({ what }) => what },
  { head: "against", side: "l", cell: ({ against }) => against },
  { head: "reach", side: "r", cell: ({ reach }) => `≥ ${reach.toFixed(2)}` },
  { head: "ratio", side: "r", cell: ({ ratio }) => describeRatio(ratio) },
  { head: "its rounds", side: "r", cell: ({ ratio }) => describeSpread(ratio), detail: true },
  { head: "ms / 1,000", side: "r", cell: ({ ours }) => ours.cpuMsPerThousand.toFixed(0) },
  { head: "against", side: "r", cell: ({ theirs }) => theirs.cpuMsPerThousand.toFixed(0) },
  { head: "per second", side: "r", cell: ({ ours }) => ours.requestsPerSecond.toFixed(0), detail: true },
  { head: "against", side: "r", cell: ({ theirs }) => theirs.requestsPerSecond.toFixed(0), detail: true },
]

const describeRows = (rows: readonly Row[], shown: readonly Column[] = columns): string =>
  table(
    shown.map(({ head }) => head),
    shown.map(({ side }) => side).join(""),
    rows.map((row) => shown.map(({ cell }) => cell(row))),
  )

pin(process.pid, 1)
if (profile !== undefined) profileInto(profile)
const redis = await startRedis()
const comparisons = comparisonsOn(redis.url)
const compared = comparisons.map(({ name }) => name)
const names = ["ratios", ...compared, "verifier", "start"]
const chosen = (only?.split(",") ?? names).flatMap((name) => (name === "ratios" ? compared : [name]))
const unknown = chosen.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  await redis.stop()
  throw new Error(`--only has ${unknown.join(", ")}; there are ${names.join(", ")}`)
}

const rows: Row[] = []
try {
  for (const comparison of comparisons) if (chosen.includes(comparison.name)) rows.push(await measure(comparison))
} finally {
  await redis.stop()
}
const figures = chosen.includes("verifier") ? await measureVerifier() : undefined
const start = chosen.includes("start") ? await measureStarts(STARTS) : undefined

interface Part {
  text: string
  /** For the README, where that is another. */
  inShort?: string
  /** How often it was measured. */
  times: string
}

const inShort = columns.filter(({ detail }) => !detail)
const parts: Record<string, Part | undefined> = {
  ratios:
    rows.length > 0
      ? {
          text: describeRows(rows),
          inShort: describeRows(rows, inShort),
          times: `${ROUNDS} rounds of ${REQUESTS} requests, other numbers where a row needs them`,
        }
      : undefined,
  verifier: figures && { text: describe(figures), times: "each figure as often as loadtest/bench/verifier.ts says" },
  start: start && { text: describeStarts(start), times: `medians of ${STARTS} starts each` },
}
const where = circumstances()
for (const [name, part] of Object.entries(parts)) {
  if (part === undefined) continue
  const { text, inShort = text, times } = part
  console.log(`${text}\n\n${where}, ${times}\n`)
  const whole = name !== "ratios" || rows.length === comparisons.length // a table of some rows would drive out the others
  if (docs === undefined || !whole) continue
  const measured = (what: string) => `\`npm run bench -- --only=${name}\`: ${where}, ${times}.\n\n${what}`
  writePart(docs, name, measured(text), measured(inShort))
}
if (profile !== undefined) console.log(`${describeProfiles(profile)}\n`)

mkdirSync("bench-results", { recursive: true })
const file = `bench-results/${new Date().toISOString().replaceAll(":", "-")}.json`
writeFileSync(file, JSON.stringify({ rows, figures, start, rounds: ROUNDS, requests: REQUESTS, where }, null, 2))
console.log(file)
const missed = rows.filter(({ ratio, reach }) => ratio.value === null || ratio.value < reach)
if (strict && missed.length > 0) process.exitCode = 1
