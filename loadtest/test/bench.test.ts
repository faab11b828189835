/** The benchmark runs: every server starts, answers rightly, and gives its row. What the rows say depends on the machine. */
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, it, onTestFinished } from "vitest"

const bench = join(import.meta.dirname, "../bench.ts")

it("npm run bench prints a row for each comparison and writes the same as JSON", { timeout: 90_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-bench-"))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=source", bench], {
    cwd: directory,
    env: {
      PATH: process.env["PATH"] ?? "",
      BENCH_ROUNDS: "1",
      BENCH_REQUESTS: "200",
      BENCH_STARTS: "0",
      BENCH_FIGURES: "off",
    },
  })

  const lines = stdout.trim().split("\n")
  const { rows } = JSON.parse(await readFile(join(directory, lines.at(-1) ?? ""), "utf8"))
  const positive = expect.toSatisfy((value: number) => Number.isFinite(value) && value > 0)
  const text = expect.stringMatching(/./)
  const figures = { reach: positive, ratio: positive, cpuMsPerThousand: positive, cpuMsPerThousandAgainst: positive }
  expect(rows).toEqual(Array(4).fill({ what: text, against: text, ...figures }))
  expect(lines.filter((line) => /^\| .+ \| ≥ [\d.]+ \| \*\*[\d.]+\*\* \| \d+ \| \d+ \|$/.test(line))).toHaveLength(4)
})
