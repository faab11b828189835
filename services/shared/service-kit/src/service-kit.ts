/** A service's process: log, management port, listening, and an orderly end. */
import { createRequire } from "node:module"
import type { FastifyInstance } from "fastify"
import type { DestinationStream, Logger } from "pino"
import { createDrain, type Drain } from "./drain.ts"
import { createDependency, type Dependency, type HealthCheck, type HealthCheckOptions } from "./health.ts"
import { type Address, listen } from "./listen.ts"
import { createLogger, tellRepeats } from "./logger.ts"
import { buildManagementApp, type Phase } from "./management.ts"
import { createMetrics, type Metrics } from "./metrics/metrics.ts"
import { onProcessEnd } from "./process-end.ts"
import { startTracing } from "./tracing/tracing.ts"

export interface ServiceKitOptions {
  logLevel: string
  managementHost: string
  /** None: no management port. */
  managementPort: number | undefined
  /** How long to keep serving after a signal, until load balancers have noticed. */
  shutdownDelaySeconds?: number
  /** How long answers in flight may take after that. */
  drainSeconds?: number
  version?: string
  /** First words of this process's metrics, such as "auth": what follows "gatehouse-" in its name, when absent. */
  metricPrefixes?: readonly string[]
  logDestination?: DestinationStream
  /** Whose OTEL_* say whether there are traces, and where they go; none, when absent. */
  env?: NodeJS.ProcessEnv
}

export interface ServiceKit {
  readonly name: string
  readonly log: Logger
  /** What /metrics shows. */
  readonly metrics: Metrics
  /** The URL of the management port. */
  readonly managementUrl: string | undefined
  /** Seconds since 1970. */
  now(): number
  /** Shows a dependency in /health. */
  reportHealth(name: string, check: HealthCheck, options?: HealthCheckOptions): void
  /** Runs when no connection is accepted any more: ends what stands open and is nobody's answer. Must not throw. */
  onDrain(end: () => void): void
  /** Runs when the last answer is sent; what was opened last closes first. */
  onClose(close: () => Promise<void> | void): void
  /** Listens, becomes ready, and ends on SIGTERM or SIGINT. */
  serve(app: FastifyInstance, address: Address): Promise<void>
  /** What a signal does. */
  shutdown(reason: string): Promise<void>
}

/** All packages of this repository have one version. */
const VERSION: string = createRequire(import.meta.url)("../package.json").version

/** Starts what surrounds a service. Signals are heard from here on. */
export async function startServiceKit(name: string, options: ServiceKitOptions): Promise<ServiceKit> {
  const { shutdownDelaySeconds = 0, drainSeconds = 20, version = VERSION } = options
  const destination = options.logDestination
  const log = createLogger({ name, level: options.logLevel, ...(destination && { destination }) })
  const { metricPrefixes = [name.replace(/^gatehouse-/, "")] } = options
  const metrics = createMetrics({ name: metricPrefixes, version })
  const tracing = await startTracing({ name, version, log, env: options.env ?? {} })
  const dependencies: Dependency[] = []
  const closers: (() => Promise<void> | void)[] = []
  const drains: Drain[] = []
  const standing: (() => void)[] = []
  let phase: Phase = "starting"
  let ending: Promise<void> | undefined

  const end = async (): Promise<void> => {
    const servedBefore = phase === "ready"
    phase = "draining"
    for (const drain of drains) drain.begin()
    if (servedBefore) await sleep(shutdownDelaySeconds * 1000)
    const closing = drains.map((drain) => drain.close(drainSeconds * 1000))
    for (const endStanding of standing) endStanding()
    await Promise.all(closing)
    await tracing.end()
    for (const close of closers.reverse())
      await Promise.resolve()
        .then(close)
        .catch((error) => log.error({ err: error }, "not closed"))
    tellRepeats(log)
    log.info("ended")
  }
  const shutdown = (reason: string): Promise<void> => {
    if (!ending) log.info({ reason }, "ending")
    ending ??= end()
    return ending
  }
  const kit: ServiceKit = {
    name,
    log,
    metrics,
    managementUrl: await openManagementPort(),
    now: () => Date.now() / 1000,
    reportHealth: (dependency, check, how = {}) => void dependencies.push(createDependency(dependency, check, how)),
    onDrain: (endStanding) => void standing.push(endStanding),
    onClose: (close) => void closers.push(close),
    serve: async (app, address) => {
      if (phase === "draining") return // a signal came first
      drains.push(createDrain(app))
      await listen(app, address, "PORT")
      if (phase === "starting") phase = "ready"
    },
    shutdown,
  }
  closers.push(onProcessEnd({ log, shutdown, deadlineMs: (shutdownDelaySeconds + drainSeconds + 10) * 1000 }))
  return kit

  async function openManagementPort(): Promise<string | undefined> {
    if (options.managementPort === undefined) return undefined
    const management = buildManagementApp(
      { name, version, phase: () => phase, dependencies, metrics },
      options.managementHost,
    )
    const drain = createDrain(management)
    closers.push(() => drain.close(500))
    return listen(management, { host: options.managementHost, port: options.managementPort }, "MANAGEMENT_PORT")
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
