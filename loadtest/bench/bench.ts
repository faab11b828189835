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

const describeInShort = (rows: readonly Row[]): string =>
  table(
    ["what", "against", "reach", "ratio", "ms / 1,000", "against"],
    "llrrrr",
    rows.map(({ what, against, reach, ratio, ours, theirs }) => [
      what,
      against,
      `≥ ${reach.toFixed(2)}`,
      describeRatio(ratio),
      ...[ours, theirs].map(({ cpuMsPerThousand }) => cpuMsPerThousand.toFixed(0)),
    ]),
  )

const describeRows = (rows: readonly Row[]): string =>
  table(
    ["what", "against", "reach", "ratio", "its rounds", "ms / 1,000", "against", "per second", "against"],
    "llrrrrrrr",
    rows.map(({ what, against, reach, ratio, ours, theirs }) => [
      what,
      against,
      `≥ ${reach.toFixed(2)}`,
      describeRatio(ratio),
      describeSpread(ratio),
      ...[ours, theirs].map(({ cpuMsPerThousand }) => cpuMsPerThousand.toFixed(0)),
      ...[ours, theirs].map(({ requestsPerSecond }) => requestsPerSecond.toFixed(0)),
    ]),
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

const parts = {
  ratios: rows.length > 0 ? describeRows(rows) : undefined,
  verifier: figures && describe(figures),
  start: start && describeStarts(start),
}
const where = `${circumstances()}, ${ROUNDS} rounds of ${REQUESTS} requests`
console.log(
  `${Object.values(parts)
    .filter((part) => part !== undefined)
    .join("\n\n")}\n\n${where}`,
)
if (profile !== undefined) console.log(`\n${describeProfiles(profile)}`)
for (const [name, content] of Object.entries(parts)) {
  const whole = name !== "ratios" || rows.length === comparisons.length // a table of some rows would drive out the others
  if (docs === undefined || content === undefined || !whole) continue
  const measured = (what: string) => `\`npm run bench -- --only=${name}\`: ${where}.\n\n${what}`
  writePart(docs, name, measured(content), measured(name === "ratios" ? describeInShort(rows) : content))
}

mkdirSync("bench-results", { recursive: true })
const file = `bench-results/${new Date().toISOString().replaceAll(":", "-")}.json`
writeFileSync(file, JSON.stringify({ rows, figures, start, rounds: ROUNDS, requests: REQUESTS, where }, null, 2))
console.log(file)
const missed = rows.filter(({ ratio, reach }) => ratio.value === null || ratio.value < reach)
if (strict && missed.length > 0) process.exitCode = 1
