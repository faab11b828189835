/** Reads profiles of the measured processes and says whose code the time went to. */
import { globSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { table } from "./document.ts"

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[]
  samples: number[]
  timeDeltas: number[]
}

/** Less than this share is told together. */
const LEAST_SHARE = 0.02

/** A table for every profile in the directory. */
export const describeProfiles = (directory: string): string =>
  globSync("*.cpuprofile", { cwd: directory })
    .toSorted()
    .map((file) => {
      const shares = sharesOf(JSON.parse(readFileSync(join(directory, file), "utf8")))
      const rows = shares.map(([owner, share]) => [owner, `${(share * 100).toFixed(0)} %`])
      return table([basename(file, ".cpuprofile"), "of its time"], "lr", rows)
    })
    .join("\n\n")

/** Whose code it was in, without the time in which there was nothing to do but measure; the greatest first. */
export function sharesOf({ nodes, samples, timeDeltas }: Profile): [owner: string, share: number][] {
  const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]))
  const times = new Map<string, number>()
  for (const [place, id] of samples.entries()) {
    const owner = owners.get(id) ?? "unknown"
    if (owner !== "idle") times.set(owner, (times.get(owner) ?? 0) + (timeDeltas[place] ?? 0))
  }
  const sum = [...times.values()].reduce((a, b) => a + b, 0)
  const shares = [...times].map(([owner, time]): [string, number] => [owner, time / sum])
  const told = shares.filter(([, share]) => share >= LEAST_SHARE).toSorted(([, a], [, b]) => b - a)
  return [...told, ["everything else", 1 - told.reduce((all, [, share]) => all + share, 0)]]
}

function ownerOf({ functionName, url }: Profile["nodes"][number]["callFrame"]): string {
  if (functionName === "(idle)" || /^node:(?:internal\/)?inspector/.test(url)) return "idle" // the latter is the measuring
  if (functionName === "(garbage collector)") return "garbage collection"
  if (url === "") return "the runtime itself and the system"
  const library = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  if (library !== undefined) return library
  const service = /\/(services\/(?:shared\/)?[^/]+)\//.exec(url)?.[1]
  return (
    service ??
    (url.startsWith("node:") ? url.replace(/^node:(?:internal\/)?/, "Node: ").replace(/\/.*/, "") : "the benchmark")
  )
}
