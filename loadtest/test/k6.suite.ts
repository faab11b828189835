/** The scripts on real k6 and real services: they pass where the service is right, and fail where it is wrong. */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { makeFaults } from "../all/faults.ts"
import { type Outcome, runScript } from "../all/k6.ts"
import { type System, startSystem } from "../all/system.ts"
import { verdictOf } from "../all/verdict.ts"
import { admitAll, forgetRetryAfter, type Lie, mixUp, outageIsRefusal, startLiar } from "./liar.ts"

const TIMELINE = "healthy:2,auth-down:6,healthy:6"
let system: System
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "gatehouse-k6-"))
  system = await startSystem({ replicas: 1 })
})
afterAll(async () => {
  await system?.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Against the real services, or against one that lies in front of them. */
async function run(
  script: string,
  { lie, env = {} }: { lie?: Lie; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const liar = lie && (await startLiar(system.env["BASE_URL"] as string, lie))
  onTestFinished(() => liar?.stop())
  let faults: Promise<void> | undefined
  const all = {
    LOADTEST: "short",
    LIMIT_FACTOR: "20",
    K6_NO_USAGE_REPORT: "true",
    RESULTS_DIRECTORY: directory,
    OUTAGE: TIMELINE,
    RECOVERY_SECONDS: "10",
    ...system.env,
    ...(liar && { BASE_URL: liar.url }),
    ...env,
  }
  const outcome = await runScript(script, all, (output) => {
    if (output.includes("OUTAGE BEGINS")) faults ??= makeFaults(system, TIMELINE)
  })
  await faults
  return outcome
}

const crossed = ({ result }: Outcome) => result?.thresholds.filter(({ passed }) => !passed).map(({ metric }) => metric)

describe("smoke", () => {
  it("passes where every decision is right", async () => {
    const outcome = await run("smoke")
    expect(verdictOf(outcome), outcome.output).toEqual({ passed: true, words: "passed" })
    expect(outcome.result?.failedChecks).toEqual({})
    expect(outcome.result?.metrics["decisions"]?.["count"]).toBeGreaterThan(70)
    expect(outcome.result?.waiting["expired"]?.["max"], "an expired token was presented").toBeGreaterThan(0)
  })

  it("passes without a client of the operator: people who are made up authorize one", async () => {
    const outcome = await run("smoke", { env: { CLIENT_ID: "", CLIENT_SECRET: "" } })
    expect(verdictOf(outcome), outcome.output).toEqual({ passed: true, words: "passed" })
  })

  it("fails by a wrong decision where a bad token is accepted", async () => {
    const outcome = await run("smoke", { lie: admitAll })
    expect(outcome.exitCode).toBe(99)
    expect(outcome.result?.wrongDecisions).toBeGreaterThan(0)
    expect(crossed(outcome)).toContain("wrong_decisions")
    expect(outcome.output).toMatch(/WRONG DECISION: \w+ was admitted, right is refused/)
  })

  it("fails where an answer belongs to another call", async () => {
    const outcome = await run("smoke", { lie: mixUp })
    expect(outcome.exitCode).toBe(99)
    expect(crossed(outcome)).toEqual(["checks"])
  })

  it("fails where nobody answers, instead of finding no mistake", async () => {
    const outcome = await run("smoke", { env: { BASE_URL: "http://127.0.0.1:9" } })
    expect(verdictOf(outcome).passed).toBe(false)
  })

  it("keeps no token in its result", async () => {
    await run("smoke")
    expect(await readFile(join(directory, "smoke.json"), "utf8")).not.toContain("eyJ")
  })
})

describe("validate-mix", () => {
  it("presents ten times as many known tokens as unseen ones, and decides rightly about all", async () => {
    const outcome = await run("validate-mix")
    expect(verdictOf(outcome), outcome.output).toEqual({ passed: true, words: "passed" })
    const count = (kind: string) => outcome.result?.metrics[`decisions{kind:${kind}}`]?.["count"] ?? Number.NaN
    expect(count("hot")).toBeGreaterThan(250)
    expect(count("hot") / count("cold")).toBeCloseTo(10, 0)
  })
})

describe("outage", () => {
  // A circuit stays open for a while after an outage: the next one begins with services of its own.
  beforeEach(async () => {
    await system.stop()
    system = await startSystem({ replicas: 1 })
  })

  it("passes where an outage is told as one", async () => {
    const outcome = await run("outage")
    expect(verdictOf(outcome), outcome.output).toEqual({ passed: true, words: "passed" })
    expect(outcome.result?.metrics["waiting{decision:unavailable}"]?.["max"], "the fault was not felt").toBeGreaterThan(
      0,
    )
  })

  it("fails by a wrong decision where an outage is told as 401", async () => {
    const outcome = await run("outage", { lie: outageIsRefusal })
    expect(outcome.exitCode).toBe(99)
    expect(crossed(outcome)).toContain("wrong_decisions")
    expect(outcome.output).toMatch(/WRONG DECISION: cold was refused, right is .*unavailable; 401/)
  })

  it("fails where 503 does not say when to ask again", async () => {
    const outcome = await run("outage", { lie: forgetRetryAfter })
    expect(crossed(outcome)).toContain("checks")
  })
})
