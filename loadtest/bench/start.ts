/** How long a service takes from its start to ready, and what it holds when nobody asks anything. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { findFreePort } from "@gatehouse/test-kit"
import { table } from "./document.ts"
import { cpuMsOf } from "./processor-time.ts"
import { startAuthorizationServer } from "./servers/authorization-server.ts"
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
  service?: "all-in-one" | "auth" | "mcp"
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

export interface StartRow extends StartFigures {
  what: string
}

/** Both services in one process, and each on its own: the MCP service beside an authorization server that answers. */
export async function measureStarts(times: number): Promise<StartRow[]> {
  const { app, issuer, resource, credentials } = await startAuthorizationServer()
  const internalUrl = await app.listen({ host: "127.0.0.1", port: 0 })
  const env = {
    AUTH_MODE: "external",
    AUTH_SERVER_URL: issuer,
    AUTH_SERVER_INTERNAL_URL: internalUrl,
    RESOURCE_URL: resource,
    INTROSPECTION_CLIENT_ID: credentials.clientId,
    INTROSPECTION_CLIENT_SECRET: credentials.clientSecret,
  }
  try {
    return [
      { what: "both services in one process", ...(await measureStart({ times })) },
      { what: "authorization server", ...(await measureStart({ times, service: "auth" })) },
      { what: "MCP service", ...(await measureStart({ times, service: "mcp", env })) },
    ]
  } finally {
    await app.close()
  }
}

export const describeStarts = (rows: readonly StartRow[]): string =>
  table(
    ["built, in memory", "start to ready", "reach", "of processor time", "resident when idle", "reach"],
    "lrrrrr",
    rows.map(({ what, readyMs, readyCpuMs, idleMegabytes }) => [
      what,
      `${readyMs.toFixed(0)} ms`,
      "< 1 s",
      `${readyCpuMs.toFixed(0)} ms`,
      `${idleMegabytes.toFixed(0)} MB`,
      "< 120 MB",
    ]),
  )
