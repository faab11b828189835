/** What tests need on the machine beyond npm packages: found, installed where we may, or said in one sentence. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"

/** By the Debian package that has it. */
const TOOLS = { "redis-server": "redis-server", chromium: "chromium", prometheus: "prometheus", promtool: "prometheus" }

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
  const missing = Object.entries(TOOLS).flatMap(([tool, debian]) => (isMissing(tool) ? [{ tool, debian }] : []))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(({ debian }) => debian))].join(" ")
  const install = `apt-get update && apt-get install -y --no-install-recommends ${packages}`
  // Runlevel 1 keeps the packages from starting a Redis and a Prometheus of their own.
  if (isRootOnDebian())
    spawnSync("sh", ["-c", `export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1; ${install}`], { stdio: "inherit" })
  const absent = missing.map(({ tool }) => tool)
  if (absent.some(isMissing)) throw new Error(`The tests need ${absent.join(" and ")}: run "${install}" as root.`)
}
