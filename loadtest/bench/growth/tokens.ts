/** What introspection and validation cost when there are more and more live tokens, in memory and with Redis. */
import { askRedis, startRedis } from "@gatehouse/test-kit"
import { type Contestant, compare, type Result } from "../contest.ts"
import { rounded, table } from "../document.ts"
import type { Plot } from "../plot.ts"
import { cpuMsOf } from "../processor-time.ts"
import { type MeasuredProcess, type ProcessOptions, startServer, startWorker } from "../server-process.ts"
import { describeRatio, type Ratio, ratioOf } from "../statistics.ts"

interface TokenRow {
  tokens: number
  result: Result
  /** The cost, of that with the fewest tokens. */
  growth: Ratio
  /** Of each that there are more than in the row before; the first row has none. */
  bytesPerToken?: number
}

export interface TokenSeries {
  name: string
  rows: TokenRow[]
}

export interface TokensOptions {
  sizes: readonly number[]
  rounds: number
  requests: number
}

interface Subject {
  name: string
  start: (options: ProcessOptions) => Promise<MeasuredProcess>
  script: string
  onRedis: boolean
  /** Requests of a round, for each that is asked for: what costs little is done often. */
  share: number
  /** With fewer, something else would be measured. */
  fewest: number
}

const introspection = { start: startServer, script: "introspect", share: 1, fewest: 1 }
const validation = { start: startWorker, script: "validate" }
const subjects: Subject[] = [
  { name: "introspection, in memory", ...introspection, onRedis: false },
  { name: "introspection, on Redis", ...introspection, onRedis: true },
  { name: "validation, in its memory", ...validation, onRedis: false, share: 10, fewest: 1 },
  // A few tokens would be found in its own memory, or by one question for many who ask at once.
  { name: "validation, in the shared cache", ...validation, onRedis: true, share: 1, fewest: 1000 },
]

/** All sizes of a subject run at once and take turns. */
export async function measureTokens(options: TokensOptions): Promise<TokenSeries[]> {
  const all: TokenSeries[] = []
  for (const subject of subjects) {
    const began = performance.now()
    all.push({ name: subject.name, rows: withGrowth(await measureSubject(subject, options)) })
    console.error(`${subject.name}: ${((performance.now() - began) / 1000).toFixed(0)} s`)
  }
  return all
}

async function measureSubject(
  subject: Subject,
  { sizes, rounds, requests }: TokensOptions,
): Promise<Omit<TokenRow, "growth">[]> {
  const bytes = new Map<number, number>()
  const measured = sizes.filter((size) => size >= subject.fewest)
  const starting = measured.map((tokens) => start(subject, tokens, (all) => bytes.set(tokens, all)))
  const results = await compare(starting, { rounds, requests: requests * subject.share })
  return results.map((result, place) => {
    const [tokens = 0, fewer] = [measured[place], measured[place - 1]]
    if (fewer === undefined) return { tokens, result }
    const bytesPerToken = ((bytes.get(tokens) ?? 0) - (bytes.get(fewer) ?? 0)) / (tokens - fewer)
    return { tokens, result, bytesPerToken }
  })
}

/** Each beside the one with the fewest tokens, round by round. */
const withGrowth = (rows: readonly Omit<TokenRow, "growth">[]): TokenRow[] =>
  rows.map((row) => ({ ...row, growth: ratioOf(rows[0]?.result.rounds ?? [], row.result.rounds) }))

/** A million of them take more memory than Node would use by itself. */
const roomy = ["--max-old-space-size=12288"]

async function start(
  { name, script, onRedis, start }: Subject,
  tokens: number,
  tellBytes: (all: number) => void,
): Promise<Contestant> {
  const options = { name: `${name}, ${tokens} tokens`, script, execArgv: roomy }
  if (!onRedis) {
    const started = await start({ ...options, env: { TOKENS: String(tokens) } })
    const stop = async () => {
      tellBytes((await started.memory()).heap)
      await started.stop()
    }
    return { ...started, stop }
  }
  const redis = await startRedis({ config: "appendonly no" }) // a log of a million tokens would fill the disk
  try {
    const info = async (section: string, field: string) =>
      Number(new RegExp(`^${field}:(\\d+)`, "m").exec(await askRedis(redis.port, "INFO", section))?.[1])
    const started = await start({ ...options, env: { TOKENS: String(tokens), REDIS_URL: redis.url } })
    const pid = await info("server", "process_id")
    return {
      ...started,
      cpuMs: async () => (await started.cpuMs()) + cpuMsOf(pid),
      async stop() {
        tellBytes(await info("memory", "used_memory"))
        await started.stop()
        await redis.stop()
      },
    }
  } catch (error) {
    await redis.stop()
    throw error
  }
}

/** From this many on, what stands beside the tokens is a small part of the memory. */
const ENOUGH_TOKENS = 10_000

export const describeTokens = (all: readonly TokenSeries[]): string =>
  table(
    ["what", "live tokens", "ms / 1,000", "of that with fewest", "per second", "bytes a token"],
    "lrrrrr",
    all.flatMap(({ name, rows }) =>
      rows.map(({ tokens, result, growth, bytesPerToken }) => [
        name,
        tokens.toLocaleString("en"),
        rounded(result.cpuMsPerThousand),
        describeRatio(growth),
        result.requestsPerSecond.toFixed(0),
        tokens < ENOUGH_TOKENS ? "" : (bytesPerToken?.toFixed(0) ?? ""),
      ]),
    ),
  )

export const plotOfTokens = (all: readonly TokenSeries[]): Plot => ({
  title: "What 1,000 requests cost, by the number of live tokens",
  xLabel: "live tokens",
  yLabel: "processor milliseconds per 1,000",
  series: all
    .filter(({ rows }) => rows.length > 0)
    .map(({ name, rows }) => ({ name, points: rows.map(({ tokens, result }) => [tokens, result.cpuMsPerThousand]) })),
})
