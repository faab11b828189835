/** `npm run drill`: induces every fault on the running services, and proves that a real Prometheus raises the right alerts, and no other. */
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { parseArgs } from "node:util"
import { shortenRules } from "../observability/shorten.ts"
import { faultsOf } from "./faults.ts"
import { startLoad } from "./load.ts"
import { type Monitoring, startMonitoring } from "./monitoring.ts"
import { startSystem } from "./system.ts"
import { printRow, printSummary } from "./table.ts"
import { findTools } from "./tools.ts"
import { type Fault, type Outcome, soak, tryFault } from "./try-fault.ts"

const rulesDirectory = join(import.meta.dirname, "../observability/rules")

/**
 * Minutes pass in seconds, and days in minutes where objectives look at days. The least window holds three scrapes; with this factor
 * no window becomes longer than the `for` that it is shorter than.
 */
const CAUSES = { factor: 40, leastWindowSeconds: 3 }
const OBJECTIVES = { factor: 2160, leastWindowSeconds: 5 }

const PATIENCE = { fireMs: 40_000, lingerMs: 2_000, resolveMs: 60_000 }
/** Until rates have two samples, and what the last fault left behind is gone. */
const SETTLE_MS = 4_000

const { values } = parseArgs({ options: { only: { type: "string" }, soak: { type: "string", default: "45" } } })

async function readRules(): Promise<Record<string, string>> {
  const names = (await readdir(rulesDirectory)).filter((name) => name.endsWith(".yaml"))
  const texts = names.map(async (name) => {
    const rules = await readFile(join(rulesDirectory, name), "utf8")
    return [name, shortenRules(rules, name.includes("slo") ? OBJECTIVES : CAUSES)] as const
  })
  return Object.fromEntries(await Promise.all(texts))
}

async function tryAll(faults: readonly Fault[], monitoring: Monitoring): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const fault of faults) {
    await monitoring.forget()
    await pause(SETTLE_MS)
    const outcome = await tryFault(fault, monitoring, PATIENCE)
    printRow(outcome)
    outcomes.push(outcome)
  }
  return outcomes
}

async function drill(): Promise<boolean> {
  const programs = findTools(["prometheus", "alertmanager", "redis"])
  const closers: (() => unknown)[] = []
  // Interrupted, it ends all that it started: each is watched over, and dies with us.
  process.on("SIGINT", () => process.exit(130)).on("SIGTERM", () => process.exit(143))
  const started = performance.now()
  try {
    const system = await startSystem()
    closers.push(system.stop)
    const load = await startLoad(system)
    closers.push(load.stop)
    const rules = await readRules()
    const monitoring = await startMonitoring({ programs, rules, targets: system.targets })
    closers.push(monitoring.stop)
    const all = faultsOf(system)
    const names = values.only?.split(",")
    const faults = all.filter(({ name }) => names === undefined || names.some((part) => name.includes(part)))
    await pause(SETTLE_MS)
    const inPeace = await soak(monitoring, Number(values.soak) * 1000)
    const outcomes = await tryAll(faults, monitoring)
    return printSummary({
      inPeace,
      outcomes,
      rules,
      load: load.answered(),
      seconds: (performance.now() - started) / 1000,
    })
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

try {
  process.exitCode = (await drill()) ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
