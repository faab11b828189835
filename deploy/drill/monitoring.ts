/** A real Prometheus and a real Alertmanager: what they say is firing, and what Prometheus answers to queries. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { findFreePort } from "@gatehouse/test-kit"
import { type Program, startProgram } from "./program.ts"

const observability = join(import.meta.dirname, "../observability")

export interface Monitoring {
  /** Alerts that fire now, each in a few words; with Alertmanager, only those that it has heard of. */
  firing(): Promise<string[]>
  /**
   * What an expression has now, as Prometheus sorts it.
   * @throws Error with what Prometheus has against it
   */
  query(expression: string): Promise<Series[]>
  /** Forgets all samples: what burned once burns no more. */
  forget(): Promise<void>
  stop(): Promise<void>
}

interface Series {
  labels: Readonly<Record<string, string>>
  value: number
}

export interface MonitoringOptions {
  programs: { prometheus: string; alertmanager?: string }
  /** Names and texts of rule files. */
  rules: Readonly<Record<string, string>>
  /** Address of /metrics by job. */
  targets: Readonly<Record<string, string>>
}

/** @throws Error when one of them does not start, which is what a wrong rule leads to */
export async function startMonitoring({ programs, rules, targets }: MonitoringOptions): Promise<Monitoring> {
  const started: Program[] = []
  const stop = async () => void (await Promise.all(started.map((program) => program.stop())))
  try {
    const alertmanager = programs.alertmanager && (await startAlertmanager(programs.alertmanager, started))
    const port = await findFreePort()
    const origin = `http://127.0.0.1:${port}`
    started.push(
      await startProgram({
        program: programs.prometheus,
        files: { ...rules, "prometheus.yml": prometheusConfig(Object.keys(rules), targets, alertmanager) },
        args: (directory) => [
          `--config.file=${join(directory, "prometheus.yml")}`,
          `--storage.tsdb.path=${join(directory, "data")}`,
          `--web.listen-address=127.0.0.1:${port}`,
          "--web.enable-admin-api",
          "--log.level=warn",
        ],
        readyUrl: `${origin}/-/ready`,
      }),
    )
    await untilScraped(origin, Object.keys(targets).length)
    return {
      async firing() {
        const alerts = firingIn(await readJson(`${origin}/api/v1/alerts`))
        if (!alertmanager) return alerts
        const heard = new Set(heardBy(await readJson(`http://${alertmanager}/api/v2/alerts`)))
        return alerts.filter((alert) => heard.has(alert))
      },
      query: (expression) => query(origin, expression),
      async forget() {
        const everything = new URLSearchParams({ "match[]": '{__name__=~".+"}' })
        const answer = await fetch(`${origin}/api/v1/admin/tsdb/delete_series?${everything}`, { method: "POST" })
        if (!answer.ok) throw new Error(`Prometheus does not forget: ${answer.status} ${await answer.text()}`)
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

const SCRAPED_WITHIN_MS = 20_000

/** Prometheus looks for its targets five seconds after its start. */
async function untilScraped(origin: string, targets: number): Promise<void> {
  const deadline = performance.now() + SCRAPED_WITHIN_MS
  for (;;) {
    const { length } = await query(origin, "up == 1")
    if (length === targets) return
    if (performance.now() > deadline) throw new Error(`Prometheus reads ${length} of ${targets} targets`)
    await pause(200)
  }
}

async function query(origin: string, expression: string): Promise<Series[]> {
  const answer = await readJson(`${origin}/api/v1/query?${new URLSearchParams({ query: expression })}`)
  const { resultType, result } = (answer as { data: { resultType: string; result: RawSeries[] } }).data
  if (resultType !== "vector") throw new Error(`${expression} is a ${resultType}`)
  return result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }))
}

interface RawSeries {
  metric: Record<string, string>
  value: [atSeconds: number, value: string]
}

/** Returns its host and port. */
async function startAlertmanager(program: string, started: Program[]): Promise<string> {
  const port = await findFreePort()
  started.push(
    await startProgram({
      program,
      files: { "alertmanager.yml": await readFile(join(observability, "alertmanager.yml"), "utf8") },
      args: (directory) => [
        `--config.file=${join(directory, "alertmanager.yml")}`,
        `--storage.path=${join(directory, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--cluster.listen-address=", // it has no peers
        "--log.level=warn",
      ],
      readyUrl: `http://127.0.0.1:${port}/-/ready`,
    }),
  )
  return `127.0.0.1:${port}`
}

function prometheusConfig(
  ruleFiles: readonly string[],
  targets: Readonly<Record<string, string>>,
  alertmanager: string | undefined,
): string {
  const scraped = Object.entries(targets).map(([job, target]) => ({
    job_name: job,
    static_configs: [{ targets: [target], labels: { namespace: "drill" } }],
  }))
  // JSON is YAML.
  return JSON.stringify({
    global: { scrape_interval: "1s", scrape_timeout: "900ms", evaluation_interval: "1s" },
    rule_files: ruleFiles,
    scrape_configs: scraped,
    ...(alertmanager && { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
  })
}

async function readJson(url: string): Promise<unknown> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url} answered ${answer.status} ${await answer.text()}`)
  return answer.json()
}

interface Alert {
  labels: Record<string, string>
  state?: string
}

const firingIn = (answer: unknown): string[] =>
  unique((answer as { data: { alerts: Alert[] } }).data.alerts.filter(({ state }) => state === "firing"))

const heardBy = (answer: unknown): string[] => unique(answer as Alert[])

const unique = (alerts: readonly Alert[]): string[] => [...new Set(alerts.map(inWords))].sort()

/** What a person tells alerts apart by: name, job, and what it is about; the severity where one name has two. */
function inWords({ labels }: Alert): string {
  const about = labels["reason"] ?? labels["kind"] ?? labels["route"]
  const severity = labels["alertname"]?.endsWith("Burn") ? labels["severity"] : undefined
  return [labels["alertname"], labels["job"], about, severity].filter(Boolean).join(" ")
}
