/** How long a service takes from its start to ready, and what it holds when nobody asks anything. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { findFreePort } from "@gatehouse/test-kit"
import { median } from "./contest.ts"

const main = fileURLToPath(new URL("../services/all-in-one/dist/main.js", import.meta.url))

async function startOnce(): Promise<{ readyMs: number; idleMegabytes: number }> {
  const [port, managementPort] = [await findFreePort(), await findFreePort()]
  const started = performance.now()
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env["PATH"] ?? "",
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      BASE_URI: `http://127.0.0.1:${port}`,
    },
    stdio: "ignore",
  })
  while (!(await fetch(`http://127.0.0.1:${managementPort}/readyz`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(`${main} ended: run \`npm run build\` first`)
    await new Promise((later) => setTimeout(later, 5))
  }
  const readyMs = performance.now() - started
  await new Promise((later) => setTimeout(later, 2000))
  const residentKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1])
  child.kill()
  await once(child, "exit")
  return { readyMs, idleMegabytes: residentKb / 1024 }
}

/** Medians of `times` starts of the built all-in-one service, in memory. Idle memory is resident memory two seconds after ready (Linux). */
export async function measureStart(times: number): Promise<{ readyMs: number; idleMegabytes: number }> {
  const starts = []
  for (let i = 0; i < times; i++) starts.push(await startOnce())
  return {
    readyMs: median(starts.map(({ readyMs }) => readyMs)),
    idleMegabytes: median(starts.map(({ idleMegabytes }) => idleMegabytes)),
  }
}
