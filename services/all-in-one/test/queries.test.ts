/** The five queries of the README and every query of the dashboards, asked of a real Prometheus that reads both services. */
import { globSync } from "node:fs"
import { basename } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { requestToken } from "../../../deploy/drill/load.ts"
import { type Monitoring, startMonitoring } from "../../../deploy/drill/monitoring.ts"
import { type System, startSystem } from "../../../deploy/drill/system.ts"
import { findTools } from "../../../deploy/drill/tools.ts"
import { namesIn, root, textOf } from "./alerts-promql.ts"
import { call, type KnownTraffic, sendKnownTraffic } from "./known-traffic.ts"

/** By the question that each answers. */
const queries = new Map(
  [...textOf("README.md").matchAll(/^\| ([A-Z][^|]*\?) \| `([^`]+)` \|$/gm)].map(([, question = "", query = ""]) => [
    question,
    query,
  ]),
)

/** As they ship, but reckoned at every scrape: a test does not wait for the next five minutes. */
const rules = Object.fromEntries(
  globSync("deploy/observability/rules/*.yaml", { cwd: root }).map((file) => [
    basename(file),
    textOf(file).replaceAll(/^ +interval: .*\n/gm, ""),
  ]),
)

const dashboards = globSync("deploy/observability/dashboards/*.json", { cwd: root }).map((file) => {
  const { panels } = JSON.parse(textOf(file)) as { panels: { targets?: { expr: string }[] }[] }
  // Of all namespaces and jobs, as a dashboard opens.
  const expressions = panels
    .flatMap(({ targets = [] }) => targets)
    .map(({ expr }) => expr.replaceAll("$__rate_interval", "5m").replaceAll(/\$(namespace|job)\b/g, ".*"))
  return { file: basename(file), expressions }
})

let system: System
let prometheus: Monitoring
let traffic: KnownTraffic
/** Nobody has used it: only the authorization server can say what it is. */
let unused: string

beforeAll(async () => {
  system = await startSystem()
  await system.replaceKeys({ inSeconds: 90 * 86_400 }) // with an end, so that it is measured
  unused = await requestToken(system)
  prometheus = await startMonitoring({ programs: findTools(["prometheus"]), rules, targets: system.targets })
  traffic = await sendKnownTraffic(system)
})
afterAll(async () => {
  await prometheus?.stop()
  await system?.stop()
})

/** The next scrape is up to a second away. */
const eventually = { timeout: 15_000, interval: 250 }

function ask(question: string) {
  const query = queries.get(question)
  if (query === undefined) throw new Error(`the README does not ask: ${question}`)
  return prometheus.query(query)
}

const WINDOW_SECONDS = 300
/** `rate` carries on what it saw to the end of its window, all series of a target alike: by less, the more scrapes it saw. */
const CARRIED_ON = 1.3
const total = (counts: Iterable<number>): number => [...counts].reduce((sum, each) => sum + each, 0)

type Line = { outcome?: string; reason?: string; events: number }

/** Rates as numbers of events, as far as there can have been `events` together; otherwise as they are. */
async function countsOf(question: string, events: number): Promise<Line[]> {
  const series = await ask(question)
  const counted = total(series.map(({ value }) => value * WINDOW_SECONDS))
  const carriedOn = counted > 0.999 * events && counted < CARRIED_ON * events ? counted / events : 1
  const eventsOf = (value: number) => Number(((value * WINDOW_SECONDS) / carriedOn).toFixed(6))
  return series.map(({ labels, value }): Line => ({ ...labels, events: eventsOf(value) }))
}

/** By outcome. */
const outcomes = async (events: number) =>
  Object.fromEntries((await countsOf("What do clients see?", events)).map((line) => [line.outcome, line.events]))

const valuesOf = async (question: string, label: string) =>
  Object.fromEntries((await ask(question)).map(({ labels, value }) => [labels[label], value]))

describe("OAuth services: the five queries of the README", () => {
  const refusals = () => total(Object.values(traffic.refused))

  it("are five", () => expect([...queries.keys()]).toHaveLength(5))

  it("count what clients see, from the first request on", async () => {
    const { valid } = traffic
    await expect
      .poll(() => outcomes(valid + refusals()), eventually)
      .toEqual({ valid, invalid: refusals(), unavailable: 0 })
  })

  it("count why tokens are refused, the most frequent first, and not the requests that come without one", async () => {
    const { missing = 0, ...refused } = traffic.refused
    const lines = Object.entries(refused).map(([reason, events]) => ({ outcome: "invalid", reason, events }))
    lines.sort((a, b) => b.events - a.events)
    expect(lines).toHaveLength(5) // so that all that the query shows is known
    await expect.poll(() => countsOf("Why?", refusals() - missing), eventually).toEqual(lines)
  })

  it("count client secrets that were wrong, and requests that were one too many", async () => {
    const { wrongSecrets, limited } = traffic.attacks
    const events = wrongSecrets + limited
    await expect.poll(() => countsOf("Does somebody attack?", events), eventually).toEqual([{ events }])
  })

  it("say that the authorization server and Redis are there", async () => {
    const server = () => valuesOf("Is the authorization server there?", "server")
    const redis = () => valuesOf("Is Redis there?", "job")
    await expect.poll(server, eventually).toEqual({ primary: 1 })
    await expect.poll(redis, eventually).toEqual({ auth: 1, mcp: 1 })
  })
})

describe("OAuth services: the dashboards", () => {
  /** Names that nobody exposes or records, and queries that find nothing. What is recorded of what is recorded takes a moment. */
  async function missingIn(expressions: readonly string[]): Promise<string[]> {
    const everything = await prometheus.query('group by (__name__) ({__name__=~".+"})')
    const known = new Set(everything.map(({ labels }) => labels["__name__"]))
    const missing = expressions.flatMap(namesIn).filter((name) => !known.has(name))
    for (const expression of expressions)
      if ((await prometheus.query(expression)).length === 0) missing.push(expression)
    return missing
  }

  it.each(dashboards)(
    "$file: every query has an answer, of metrics that are scraped or recorded",
    async (dashboard) => {
      expect(dashboard.expressions.length).toBeGreaterThan(8)
      await expect.poll(() => missingIn(dashboard.expressions), eventually).toEqual([])
    },
  )
})

describe("OAuth services: the five queries of the README in an outage", () => {
  const CALLS = 20

  it("say that the authorization server is gone, what that means for clients, and when it is back", async () => {
    const isThere = () => valuesOf("Is the authorization server there?", "server")
    await system.auth.kill()
    for (let i = 0; i < CALLS; i++) expect(await call(system, unused)).toBe(503)
    await expect.poll(isThere, eventually).toEqual({ primary: 0 })
    const { valid } = traffic
    const invalid = total(Object.values(traffic.refused))
    await expect
      .poll(() => outcomes(valid + invalid + CALLS), eventually)
      .toEqual({ valid, invalid, unavailable: CALLS })
    expect((await ask("Why?"))[0]?.labels).toMatchObject({ outcome: "unavailable" })
    await system.auth.restart()
    await expect.poll(isThere, eventually).toEqual({ primary: 1 })
  })

  it("say that Redis is gone for both services, and when it is back", async () => {
    const isThere = () => valuesOf("Is Redis there?", "job")
    await system.redis.kill()
    await expect.poll(isThere, eventually).toEqual({ auth: 0, mcp: 0 })
    await system.redis.restart()
    await expect.poll(isThere, eventually).toEqual({ auth: 1, mcp: 1 })
  })
})
