/** `npm run loadtest:all`: every script against services of its own, outages included. `LOADTEST=short` takes three minutes at most. */
import { spawnSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import { cpus } from "node:os"
import { resolve } from "node:path"
import { LONG_OUTAGE, makeFaults, SHORT_OUTAGE } from "./all/faults.ts"
import { HOW_TO_GET_K6, type Outcome, runScript } from "./all/k6.ts"
import { type System, startSystem } from "./all/system.ts"
import { tableOf, verdictOf } from "./all/verdict.ts"

const SCRIPTS = [
  "smoke",
  "validate-hit",
  "validate-mix",
  "stampede",
  "revoke",
  "refresh",
  "authorization-code",
  "outage",
  "breakpoint",
  "soak",
]
const isShort = process.env["LOADTEST"] === "short"
/** Hours of it are for a cluster; from ten minutes on it says whether memory grows. */
const SOAK_SECONDS = isShort ? "10" : "660"
/** Everything shares one machine here, k6 included. The short run asks what is right, not how fast the machine is that day. */
const LIMIT_FACTOR = isShort ? "10" : "4"
const outage = isShort ? SHORT_OUTAGE : LONG_OUTAGE
const directory = process.env["RESULTS_DIRECTORY"] ?? resolve("loadtest-results")

function environmentOf({ env }: System, script: string): Record<string, string> {
  const passed = Object.entries(process.env).filter(([name]) => /^(LIMIT_FACTOR|LOADTEST|K6_.*)$/.test(name))
  return {
    RESULTS_DIRECTORY: directory,
    K6_NO_USAGE_REPORT: "true",
    ...env,
    LIMIT_FACTOR,
    ...(Object.fromEntries(passed) as Record<string, string>),
    ...(script === "outage" && { OUTAGE: outage.timeline, RECOVERY_SECONDS: String(outage.recoverySeconds) }),
    ...(script === "soak" && { DURATION_SECONDS: SOAK_SECONDS }),
  }
}

async function run(system: System, script: string): Promise<Outcome> {
  const env = environmentOf(system, script)
  let faults: Promise<void> | undefined
  const outcome = await runScript(script, env, (output) => {
    if (script === "outage" && output.includes("OUTAGE BEGINS")) faults ??= makeFaults(system, env["OUTAGE"] as string)
  })
  await faults
  const { passed, words } = verdictOf(outcome)
  console.log(`${script}: ${words}`)
  if (!passed) console.log(outcome.output)
  return outcome
}

if (spawnSync("k6", ["version"]).status !== 0) {
  console.error(HOW_TO_GET_K6)
  process.exit(1)
}
const chosen = process.argv.length > 2 ? process.argv.slice(2) : SCRIPTS
const unknown = chosen.filter((script) => !SCRIPTS.includes(script))
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(", ")}; scripts are ${SCRIPTS.join(", ")}`)
  process.exit(1)
}
mkdirSync(directory, { recursive: true })
const system = await startSystem()
const outcomes: Outcome[] = []
try {
  for (const script of chosen) outcomes.push(await run(system, script))
} finally {
  await system.stop()
}
console.log(`\n${tableOf(outcomes)}\n\n${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`)
if (outcomes.some((outcome) => !verdictOf(outcome).passed)) process.exitCode = 1
