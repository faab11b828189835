/** The management port: probes for Kubernetes, metrics for Prometheus, health for people. Not for publishing. */
import { isIP } from "node:net"
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import { createApp } from "./app.ts"
import type { Dependency } from "./health.ts"
import { sendHealthPage, wantsPage } from "./health-page.ts"
import { reportHealth } from "./health-report.ts"
import { isLoopback } from "./listen.ts"
import type { Metrics } from "./metrics/metrics.ts"

export type Phase = "starting" | "ready" | "draining"

export interface ManagementDependencies {
  name: string
  version: string
  phase: () => Phase
  dependencies: readonly Dependency[]
  metrics: Metrics
}

/** Its routes. */
export function buildManagementApp(deps: ManagementDependencies, host: string): FastifyInstance {
  const app = createApp({ traced: false })
  if (isLoopback(host)) app.addHook("onRequest", refuseForeignNames)
  app.get("/livez", async () => ({ status: "alive" })) // the event loop turns: nothing else
  app.get("/readyz", readiness(deps))
  app.get("/health", health(deps))
  app.get("/metrics", exposition(deps))
  return app
}

const readiness = (deps: ManagementDependencies) => async (_request: FastifyRequest, reply: FastifyReply) => {
  const awaited = deps.dependencies.filter((dependency) => dependency.awaited)
  await Promise.all(awaited.map((dependency) => dependency.report()))
  const waitingFor = awaited.filter((dependency) => dependency.awaited).map(({ name }) => name)
  const status = waitingFor.length > 0 && deps.phase() === "ready" ? "starting" : deps.phase()
  return reply.code(status === "ready" ? 200 : 503).send({ status, ...(waitingFor.length > 0 && { waitingFor }) })
}

/** Always 200: it is for reading, as a page in a browser. What a probe may act on is /readyz. */
const health = (deps: ManagementDependencies) => async (request: FastifyRequest, reply: FastifyReply) => {
  const { name, version, phase, dependencies } = deps
  const self = { name, version, phase: phase(), uptimeSeconds: Math.floor(process.uptime()) }
  const report = await reportHealth(self, dependencies)
  return wantsPage(request.headers.accept) ? sendHealthPage(reply, report) : report
}

/** OpenMetrics for whoever asks for it, as Prometheus does; the older text for everybody else. */
const exposition = (deps: ManagementDependencies) => async (request: FastifyRequest, reply: FastifyReply) => {
  const openMetrics = request.headers.accept?.includes("application/openmetrics-text") ?? false
  const { contentType, body } = await deps.metrics.expose(openMetrics ? "openmetrics" : "prometheus")
  return reply.header("content-type", contentType).send(body)
}

/** On a laptop a web page could reach this port through a name of its own (DNS rebinding): only an address or localhost is served. */
async function refuseForeignNames(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const name = (request.headers.host ?? "").replace(/:\d+$/, "")
  if (name === "localhost" || isIP(name.replace(/^\[|\]$/g, "")) !== 0) return undefined
  return reply.code(403).send({ error: "forbidden_host" })
}
