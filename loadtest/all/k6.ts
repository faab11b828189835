/** Runs one script by k6, and reads what it found. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFile, rm } from "node:fs/promises"
import { join, resolve } from "node:path"
import type { Result } from "../lib/run.ts"

export const HOW_TO_GET_K6 =
  "k6 is not on PATH: it is one binary, from https://grafana.com/docs/k6/latest/set-up/install-k6/ (version 2 is what the scripts are made for)"

export interface Outcome {
  script: string
  /** 0, 99 where a threshold was crossed, or what k6 says else. */
  exitCode: number
  /** Absent when k6 did not come so far. */
  result?: Result
  output: string
}

/** @param watch called with all that was printed so far, whenever there is more */
export async function runScript(
  script: string,
  env: Record<string, string>,
  watch: (output: string) => void = () => {},
): Promise<Outcome> {
  const file = join(env["RESULTS_DIRECTORY"] as string, `${script}.json`)
  await rm(file, { force: true }) // that of an earlier run says nothing about this one
  const child = spawn("k6", ["run", "--quiet", "--no-color", resolve(import.meta.dirname, `../${script}.ts`)], {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output += chunk
      watch(output)
    })
  const [exitCode] = (await once(child, "close").catch((cause) => {
    throw new Error(cause.code === "ENOENT" ? HOW_TO_GET_K6 : "k6 cannot be started", { cause })
  })) as [number | null]
  const text = await readFile(file, "utf8").catch(() => undefined)
  return { script, exitCode: exitCode ?? -1, output, ...(text !== undefined && { result: JSON.parse(text) as Result }) }
}
