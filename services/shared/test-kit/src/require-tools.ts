/** What tests need on the machine beyond npm packages: found, installed where we may, or said in one sentence. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"

const TOOLS = ["redis-server", "chromium"]

const isMissing = (tool: string): boolean => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0

function isRootOnDebian(): boolean {
  if (process.getuid?.() !== 0 || isMissing("apt-get")) return false
  return /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"))
}

/**
 * Vitest calls this once, before the first test file.
 * @throws Error that says what is missing and how to get it
 */
export function setup(): void {
  const missing = TOOLS.filter(isMissing)
  if (missing.length === 0) return
  const install = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(" ")}`
  // Runlevel 1 keeps the package from starting a Redis of its own.
  if (isRootOnDebian())
    spawnSync("sh", ["-c", `export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1; ${install}`], { stdio: "inherit" })
  if (missing.some(isMissing)) throw new Error(`The tests need ${missing.join(" and ")}: run "${install}" as root.`)
}
