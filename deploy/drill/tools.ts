/** The programs that the drill needs beside Node: found, or named in one sentence. */
import { spawnSync } from "node:child_process"

/** By what they are for: their names, Debian's first, and Debian's package. */
const TOOLS = {
  prometheus: { names: ["prometheus"], debian: "prometheus" },
  alertmanager: { names: ["prometheus-alertmanager", "alertmanager"], debian: "prometheus-alertmanager" },
  redis: { names: ["redis-server"], debian: "redis-server" },
} as const

export type Tool = keyof typeof TOOLS

const isInstalled = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0

/**
 * Their names on this machine.
 * @throws Error that names all that are missing, and how to get them
 */
export function findTools<T extends Tool>(tools: readonly T[], exists = isInstalled): Record<T, string> {
  const found = tools.map((tool) => [tool, TOOLS[tool].names.find(exists)] as const)
  const missing = found.filter(([, program]) => program === undefined).map(([tool]) => TOOLS[tool])
  if (missing.length > 0) {
    const names = missing.map((tool) => tool.names.join(" or ")).join(" and ")
    throw new Error(`This needs ${names}: on Debian, apt-get install ${missing.map(({ debian }) => debian).join(" ")}`)
  }
  return Object.fromEntries(found) as Record<T, string>
}
