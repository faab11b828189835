/** What the chart tests need on the machine: found on PATH, or said in one sentence. */
import { spawnSync } from "node:child_process"

const TOOLS = {
  helm: "Helm 4 (https://helm.sh/docs/intro/install, or with Go: go install helm.sh/helm/v4/cmd/helm@v4.3.1)",
  promtool: "promtool (of Prometheus; on Debian the package prometheus)",
}

/**
 * Vitest calls this once, before the first test file.
 * @throws Error that says what is missing and how to get it
 */
export function setup(): void {
  const missing = Object.entries(TOOLS).filter(([tool]) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0)
  if (missing.length > 0)
    throw new Error(`The chart tests need on PATH: ${missing.map(([, how]) => how).join(", and ")}.`)
}
