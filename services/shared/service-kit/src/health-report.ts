/** `/health` as a report, and its one judgement: what is in trouble, why and since when. JSON and page say the same. */
import type { Dependency, DependencyReport } from "./health.ts"

export interface HealthReport {
  /** "degraded" with the first trouble. Whether requests are served is for `phase` to say, and for /readyz. */
  status: "ok" | "degraded"
  name: string
  version: string
  phase: string
  uptimeSeconds: number
  troubles: readonly Trouble[]
  dependencies: Record<string, DependencyReport>
}

export interface Trouble {
  dependency: string
  reason: string
  /** ISO 8601. */
  since: string
}

/** Something that a dependency says of a part of it, wherever in its facts. */
export interface Outage {
  reason: string
  /** Seconds since 1970. */
  since: number
}

/** Asks every dependency. */
export async function reportHealth(
  process: Pick<HealthReport, "name" | "version" | "phase" | "uptimeSeconds">,
  dependencies: readonly Dependency[],
): Promise<HealthReport> {
  const reports = await Promise.all(dependencies.map(async (each) => [each.name, await each.report()] as const))
  const troubles = reports.flatMap(([name, report]) => troublesOf(name, report))
  const status = troubles.length === 0 ? "ok" : "degraded"
  return { status, ...process, troubles, dependencies: Object.fromEntries(reports) }
}

/** In trouble is what is not up, and what is up and says of an outage within. */
function troublesOf(dependency: string, report: DependencyReport): Trouble[] {
  if (report.state !== "up") return [{ dependency, reason: reasonOf(report), since: report.since }]
  return outagesIn(report).map(({ reason, since }) => ({
    dependency,
    reason,
    since: new Date(since * 1000).toISOString(),
  }))
}

function reasonOf({ state, reason, lastError }: DependencyReport & { reason?: unknown }): string {
  const { message, code, type } = lastError ?? {}
  return [reason, message ?? code ?? type].filter((part) => part !== undefined).join(": ") || state
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const isOutage = (value: unknown): value is Outage =>
  isRecord(value) && typeof value["reason"] === "string" && typeof value["since"] === "number"

function outagesIn(value: unknown): Outage[] {
  if (isOutage(value)) return [value]
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(outagesIn) : []
}
