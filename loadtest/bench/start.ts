/** How long a service takes from its start to ready, and what it holds when nobody asks anything. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { findFreePort } from "@gatehouse/test-kit"
import { table } from "./document.ts"
import { cpuMsOf } from "./processor-time.ts"
import { median } from "./statistics.ts"

export interface StartFigures {
  readyMs: number
  /** Processor time until then. */
  readyCpuMs: number
  /** Resident memory two seconds after. */
  idleMegabytes: number
}

export interface StartOptions {
  times: number
  service?: "all-in-one" | "auth"
  env?: Record<string, string>
}

const IDLE_AFTER_MS = 2000

async function startOnce({ service = "all-in-one", env }: StartOptions): Promise<StartFigures> {
  const main = fileURLToPath(new URL(`../../services/${service}/dist/main.js`, import.meta.url))
  const [port, managementPort] = [await findFreePort(), await findFreePort()]
  const started = performance.now()
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOST: "127.0.0.1",
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      BASE_URI: `http://127.0.0.1:${port}`,
      ...env,
    },
    stdio: "ignore",
  })
  while (!(await fetch(`http://127.0.0.1:${managementPort}/readyz`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(`${main} ended: run \`npm run build\` first`)
    await new Promise((later) => setTimeout(later, 5))
  }
  const readyMs = performance.now() - started
  const readyCpuMs = cpuMsOf(child.pid ?? 0)
  await new Promise((later) => setTimeout(later, IDLE_AFTER_MS))
  const residentKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1])
  child.kill()
  await once(child, "exit")
  return { readyMs, readyCpuMs, idleMegabytes: residentKb / 1024 }
}

/** Medians of several starts of a built service, in memory unless its environment says otherwise (Linux). */
export async function measureStart(options: StartOptions): Promise<StartFigures> {
  const starts: StartFigures[] = []
  for (let i = 0; i < options.times; i++) starts.push(await startOnce(options))
  const of = (figure: keyof StartFigures) => median(starts.map((start) => start[figure]))
  return { readyMs: of("readyMs"), readyCpuMs: of("readyCpuMs"), idleMegabytes: of("idleMegabytes") }
}

export const describeStart = ({ readyMs, readyCpuMs, idleMegabytes }: StartFigures): string =>
  table(["the all-in-one service, built", "measured", "reach"], "lrr", [
    ["start to ready", `${readyMs.toFixed(0)} ms, ${readyCpuMs.toFixed(0)} ms of processor time`, "< 1 s"],
    ["resident when idle", `${idleMegabytes.toFixed(0)} MB`, "< 120 MB"],
  ])
