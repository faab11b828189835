/** `npm run e2e:cluster`: installs both charts on the cluster of the current kube context, and proves there what they promise. */
import { join } from "node:path"
import { type Cluster, deleteNamespace, makeNamespace, openCluster } from "./cluster.ts"
import { createContext } from "./context.ts"
import { type E2eSettings, readE2eSettings, usage } from "./settings.ts"
import { type Outcome, printTable, runStep, type Step } from "./step.ts"
import { steps } from "./steps.ts"

const root = join(import.meta.dirname, "../..")

/** What went wrong in a step that others build on ends the run. */
async function runAll(cluster: Cluster, settings: E2eSettings): Promise<Outcome[]> {
  const { only, resume } = settings
  const chosen = ({ name, installs = false }: Step) =>
    installs ? !resume : only === undefined || only.some((part) => name.includes(part))
  const context = createContext(cluster, settings)
  const outcomes: Outcome[] = []
  try {
    for (const step of steps.filter(chosen)) {
      const outcome = await runStep(step, context)
      outcomes.push(outcome)
      if (!outcome.ok && step.installs) break
    }
    return outcomes
  } finally {
    context.close()
  }
}

async function main(): Promise<boolean> {
  const settings = readE2eSettings(process.argv.slice(2), process.env)
  const cluster = await openCluster(settings.namespace, root)
  // Interrupted, it leaves no port-forward behind: they end with us. The namespace stays, and the next run says so.
  process.on("SIGINT", () => process.exit(130)).on("SIGTERM", () => process.exit(143))
  try {
    if (!settings.resume) await makeNamespace(cluster, settings)
    try {
      return printTable(await runAll(cluster, settings))
    } finally {
      if (!settings.keep) await deleteNamespace(cluster)
    }
  } finally {
    await cluster.forget()
  }
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  process.exitCode = 1
}
