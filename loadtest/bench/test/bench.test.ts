/** The benchmark runs: every server starts, answers rightly, and gives its row. What the rows say depends on the machine. */
import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, it, onTestFinished } from "vitest"
import { type Comparison, comparisonsOn } from "../comparisons.ts"

const root = join(import.meta.dirname, "../../..")
const comparisons = comparisonsOn("")

/** One round in a directory of its own; the documents are a copy. */
async function run(script: string, ...args: string[]) {
  const cwd = await mkdtemp(join(tmpdir(), "gatehouse-bench-"))
  onTestFinished(() => rm(cwd, { recursive: true, force: true }))
  await mkdir(join(cwd, "docs"))
  for (const file of ["README.md", "docs/performance.md"]) await cp(join(root, file), join(cwd, file))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--expose-gc", "--conditions=source", join(import.meta.dirname, "..", script), "--docs=docs", ...args],
    { cwd, env: { PATH: process.env["PATH"] ?? "", BENCH_ROUNDS: "1", BENCH_REQUESTS: "200" } },
  )
  const lines = stdout.trim().split("\n")
  const read = (file: string) => readFile(join(cwd, file), "utf8")
  return { lines, read, json: JSON.parse(await read(lines.at(-1) ?? "")) }
}

const positive = expect.toSatisfy((value: number) => Number.isFinite(value) && value > 0)
const text = expect.stringMatching(/./)

it("npm run bench prints a row for each comparison and writes the same as JSON", { timeout: 180_000 }, async () => {
  const { lines, json, read } = await run("bench.ts", "--only=ratios")

  const rowOf = ({ name, longer = 1 }: Comparison) => {
    const rounds = Array.from({ length: longer }, () => positive)
    const result = { name: text, rounds, cpuMsPerThousand: positive, requestsPerSecond: positive }
    return { name, what: text, against: text, reach: positive, ratio: expect.anything(), ours: result, theirs: result }
  }
  expect(json.rows).toEqual(comparisons.map(rowOf))
  const rows = lines.filter((line) => line.includes("| no ratio: fewer than 3 rounds |"))
  expect(rows).toHaveLength(comparisons.length)
  const document = await read("docs/performance.md")
  for (const row of rows) expect(document).toContain(row)
  for (const { what } of comparisons) expect(await read("README.md")).toMatch(`| ${what} |`)
})

it("npm run bench:growth gives its tables and plots, at sizes as small as they are wanted", {
  timeout: 180_000,
}, async () => {
  const { json, read } = await run("growth.ts", "--most=20", "--only=tokens,connections,memory")

  const measured = json.figures.tokens.map(({ rows }: { rows: { tokens: number }[] }) =>
    rows.map(({ tokens }) => tokens),
  )
  expect(measured).toEqual([[1], [1], [1], []]) // the shared cache is not asked about so few
  for (const { rows } of json.figures.tokens)
    for (const { result } of rows) expect(result).toMatchObject({ rounds: [positive], cpuMsPerThousand: positive })
  expect(json.figures.connections.map(({ connections }: { connections: number }) => connections)).toEqual([
    1, 10, 100, 1000, 1, 10, 100, 1000,
  ])
  for (const { p50, p99 } of json.figures.connections) expect(p99).toBeGreaterThanOrEqual(p50)
  expect(json.figures.memory).toMatchObject({
    count: 20,
    perSession: { heap: positive },
    perStream: { heap: positive },
  })
  for (const image of ["performance-tokens.svg", "performance-connections.svg"])
    expect(await read(`docs/${image}`)).toMatch(/^<svg [\s\S]+<circle [\s\S]+<\/svg>\n$/)
})

it("npm run bench names what there is when it is asked for something else", async () => {
  await expect(run("bench.ts", "--only=nothing")).rejects.toThrow(/--only has nothing; there are ratios, introspect, /)
})
