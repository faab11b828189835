/** Load from inside the cluster: a k6 Job that goes on until it is stopped, and what became of every request. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { Cluster } from "./cluster.ts"
import { until } from "./until.ts"

const IMAGE = "docker.io/grafana/k6:2.2.0"
const CONFIG_MAP = "load-script"
/** A Service and a NetworkPolicy hold for a new pod up to a second after it is ready. */
const SETTLE_MS = 2_000

export interface Rates {
  /** Tool calls with tokens that the MCP service has seen. */
  known: number
  /** Tool calls with tokens that it must ask about. */
  fresh: number
  /** Tokens that nobody uses. */
  token: number
}
const STEADY: Rates = { known: 25, fresh: 4, token: 2 }

export interface LoadResult {
  requests: number
  /** By kind and status, such as `known 503`. */
  failures: Readonly<Record<string, number>>
  withoutRetryAfter: number
  dropped: number
  p95Ms: number
  /** The first that failed, with time and words. */
  problems: readonly string[]
}

export interface Load {
  /** What has failed up to now. */
  problems(): readonly string[]
  stop(): Promise<LoadResult>
}

/** Resolves when the load has begun. */
export async function startLoad(cluster: Cluster, rates: Rates = STEADY): Promise<Load> {
  const script = await readFile(join(import.meta.dirname, "load.k6.js"), "utf8")
  const name = `load-${Date.now().toString(36)}`
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: CONFIG_MAP }, data: { "load.js": script } }
  await cluster.apply(configMap, jobOf(name, rates))
  await until(
    "the pod of the load",
    async () => {
      const [pod] = await cluster.pods(`job-name=${name}`)
      return pod !== undefined && pod.status.phase !== "Pending"
    },
    { timeoutMs: 60_000 },
  )
  const log = cluster.start("kubectl", ["logs", "--follow", `job/${name}`])
  let ended = false
  void log.ended.then(() => {
    ended = true
  })
  await until("the first requests of the load", () => ended || log.output().includes("BEGINS"), { timeoutMs: 90_000 })
  if (!log.output().includes("BEGINS")) throw new Error(`the load did not begin: ${log.output().slice(-600)}`)
  await pause(SETTLE_MS)
  return {
    problems: () => problemsIn(log.output()),
    stop: async () => {
      await pause(SETTLE_MS)
      // It ends as a pod does: asked first, so that it still says what it counted.
      await cluster.kubectl(["delete", "job", name, "--cascade=foreground", "--timeout=60s"], { timeoutMs: 70_000 })
      await Promise.race([log.ended, pause(10_000)])
      log.stop()
      return resultIn(log.output())
    },
  }
}

/** What happened while `act` ran. */
export async function underLoad(cluster: Cluster, act: () => Promise<unknown>, rates?: Rates): Promise<LoadResult> {
  const load = await startLoad(cluster, rates)
  try {
    await act()
  } catch (error) {
    await load.stop().catch(() => {})
    throw error
  }
  return load.stop()
}

/** @throws Error that says what failed */
export function requireNoFailure({ failures, problems, requests }: LoadResult): string {
  if (requests < 50) throw new Error(`only ${requests} requests: that proves nothing`)
  if (Object.keys(failures).length > 0)
    throw new Error(`${inWords(failures)} of ${requests} requests\n${problems.slice(0, 5).join("\n")}`)
  return `${requests} requests, 0 failed`
}

export const inWords = (failures: Readonly<Record<string, number>>): string =>
  Object.entries(failures)
    .map(([kind, count]) => `${count} × ${kind}`)
    .join(", ") || "no failure"

function resultIn(output: string): LoadResult {
  const line = output.split("\n").findLast((text) => text.startsWith("RESULT "))
  if (line === undefined) throw new Error(`the load told nothing: ${output.slice(-600)}`)
  const { counts, p95Ms } = JSON.parse(line.slice("RESULT ".length)) as {
    counts: Record<string, number>
    p95Ms: number
  }
  const { without_retry_after: withoutRetryAfter = 0, dropped_iterations: dropped = 0, ...answers } = counts
  const failures = Object.entries(answers).filter(([name, count]) => !name.endsWith("_200") && count > 0)
  return {
    requests: Object.values(answers).reduce((sum, count) => sum + count, 0),
    failures: Object.fromEntries(failures.map(([name, count]) => [name.replace("_", " "), count])),
    withoutRetryAfter,
    dropped,
    p95Ms,
    problems: problemsIn(output),
  }
}

const problemsIn = (output: string): string[] =>
  [...output.matchAll(/msg="PROBLEM (.*)" source=console/g)].map(([, text = ""]) => text)

function jobOf(name: string, rates: Rates): object {
  const env = {
    MCP_URL: "http://mcp:3232/mcp",
    AUTH_URL: "http://auth:3001",
    RESOURCE: "http://localhost:3232/mcp",
    CLIENT_ID: "helm-test",
    KNOWN_PER_SECOND: String(rates.known),
    FRESH_PER_SECOND: String(rates.fresh),
    TOKEN_PER_SECOND: String(rates.token),
  }
  const secret = { secretKeyRef: { name: "auth-credentials", key: "test-client-secret" } }
  const container = {
    name: "k6",
    image: IMAGE,
    imagePullPolicy: "IfNotPresent",
    args: ["run", "--no-usage-report", "--quiet", "/scripts/load.js"],
    env: [
      ...Object.entries(env).map(([name, value]) => ({ name, value })),
      { name: "CLIENT_SECRET", valueFrom: secret },
    ],
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "512Mi" } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    volumeMounts: [{ name: "scripts", mountPath: "/scripts", readOnly: true }],
  }
  const spec = {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 30,
    securityContext: { runAsNonRoot: true, runAsUser: 12345, seccompProfile: { type: "RuntimeDefault" } },
    containers: [container],
    volumes: [{ name: "scripts", configMap: { name: CONFIG_MAP } }],
  }
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: { backoffLimit: 0, template: { spec } },
  }
}
