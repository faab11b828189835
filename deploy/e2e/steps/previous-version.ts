/** Step: a release of the previous chart version is upgraded, and keeps its secrets. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Cluster } from "../cluster.ts"
import { runCommand } from "../command.ts"
import type { Step } from "../step.ts"

const RELEASE = "previous"
const CHART = "helm/auth"

interface Previous {
  chart: string
  what: string
}

/** The chart at the first commit that has it; without one, or when it is the same, today's under an older number. */
async function previousChart({ root }: Cluster, directory: string): Promise<Previous> {
  const log = ["log", "--diff-filter=A", "--format=%H", "--", `${CHART}/Chart.yaml`]
  const commit = (await runCommand("git", log, { cwd: root }).catch(() => "")).trim().split("\n").at(-1) ?? ""
  const chart = join(directory, CHART)
  if (commit !== "") {
    const archive = join(directory, "charts.tar")
    await runCommand("git", ["archive", `--output=${archive}`, commit, "helm", "deploy/observability"], { cwd: root })
    await runCommand("tar", ["-xf", archive, "-C", directory])
    return { chart, what: `the chart of ${commit.slice(0, 7)}, the first` }
  }
  for (const part of ["helm", "deploy/observability"])
    await cp(join(root, part), join(directory, part), { recursive: true, verbatimSymlinks: true })
  const file = join(chart, "Chart.yaml")
  await writeFile(file, (await readFile(file, "utf8")).replace(/^version: .*$/m, "version: 0.0.1"))
  return { chart, what: "today's chart as 0.0.1, for there is no earlier one" }
}

export const previousVersionStep: Step = {
  name: "upgrade from the previous chart version: secrets unchanged",
  run: async ({ cluster }) => {
    const directory = await mkdtemp(join(tmpdir(), "gatehouse-chart-"))
    try {
      const { chart, what } = await previousChart(cluster, directory)
      await cluster.helm(["install", RELEASE, chart, "--wait", "--timeout=3m"])
      const before = await cluster.secret(`${RELEASE}-credentials`)
      await cluster.helm(["upgrade", RELEASE, `./${CHART}`, "--wait", "--timeout=3m"])
      const after = await cluster.secret(`${RELEASE}-credentials`)
      const changed = Object.keys(before).filter((key) => before[key] !== after[key])
      if (changed.length > 0) throw new Error(`changed: ${changed.join(", ")}`)
      await cluster.helm(["test", RELEASE, "--timeout=2m"])
      return `${what}; ${Object.keys(before).length} secrets unchanged`
    } finally {
      await cluster.helm(["uninstall", RELEASE, "--wait", "--ignore-not-found"]).catch(() => "")
      await cluster.kubectl(["delete", "secret", `${RELEASE}-credentials`, "--ignore-not-found"])
      await cluster.kubectl(["delete", "persistentvolumeclaim", `data-${RELEASE}-redis-0`, "--ignore-not-found"])
      await rm(directory, { recursive: true, force: true })
    }
  },
}
