/** How long requests take, by route and kind of answer, and how many were one too many. */
import type { ServerResponse } from "node:http"
import { type Context, context } from "@opentelemetry/api"
import type { FastifyInstance, onRequestHookHandler } from "fastify"
import { sampledTraceId } from "./exemplars.ts"
import type { LabelsOf } from "./family.ts"
import type { Metrics } from "./metrics.ts"

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
/** `aborted`: the client went before it had an answer. */
const CODES = ["2xx", "3xx", "4xx", "5xx", "aborted"]
/** 0.05 and 0.3 are limits of service level objectives. */
const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1, 2.5, 5, 10]

type Labels = { method: readonly string[]; route: readonly string[]; code: readonly string[] }

/**
 * Measures every route that is added to this app, or part of an app, from now on; its hook is the first of each route's own.
 * What is measured ends with the answer: a stream is as long as it was open. Declares its metrics when the app is ready.
 */
export function measureHttp(app: FastifyInstance, metrics: Metrics, prefix: string): void {
  const routes = new Map<string, Set<string>>()
  let record: Recorder | undefined
  app.addHook("onRoute", (route) => {
    const methods = routes.get(route.url) ?? new Set()
    for (const each of [route.method].flat()) methods.add(each)
    routes.set(route.url, methods)
    // A HEAD route is a copy of its GET route, which has the hook already.
    const hooks = [route.onRequest ?? []].flat()
    if (!hooks.some((hook) => measuring.has(hook))) route.onRequest = [measure(route.url), ...hooks]
  })
  app.addHook("onReady", async () => {
    record = declare(routes, metrics, prefix)
  })

  function measure(route: string): onRequestHookHandler {
    const hook: onRequestHookHandler = ({ method }, { raw }, done) => {
      const startedMs = performance.now()
      const begun = context.active() // when the connection closes, another one may be active
      raw.on("close", () => record?.({ method, route, raw, startedMs, begun }))
      done()
    }
    measuring.add(hook)
    return hook
  }
}

const measuring = new WeakSet<object>()

interface Answered {
  method: string
  route: string
  raw: ServerResponse
  startedMs: number
  begun: Context
}
type Recorder = (answered: Answered) => void

function declare(routes: ReadonlyMap<string, ReadonlySet<string>>, metrics: Metrics, prefix: string): Recorder {
  const route = [...routes.keys()]
  const durations = metrics.histogram({
    name: `${prefix}_http_request_duration_seconds`,
    help: "From the request's head to the end of the answer, by route template and status class.",
    labels: { method: METHODS, route, code: CODES },
    buckets: BUCKETS_SECONDS,
    zero: combinationsOf(routes),
  })
  const limited = metrics.counter({
    name: `${prefix}_rate_limited_total`,
    help: "Requests that were answered 429, by route template.",
    labels: { route },
  })
  return ({ method, route, raw, startedMs, begun }) => {
    const code = raw.headersSent ? (CODES[Math.floor(raw.statusCode / 100) - 2] ?? "other") : "aborted"
    durations.observe({ method, route, code }, (performance.now() - startedMs) / 1000, sampledTraceId(begun))
    if (raw.statusCode === 429) limited.add({ route })
  }
}

/** Of what is asked in earnest: preflights and HEAD would double the lines for nothing. */
function combinationsOf(routes: ReadonlyMap<string, ReadonlySet<string>>): LabelsOf<Labels>[] {
  return [...routes].flatMap(([route, methods]) =>
    [...methods]
      .filter((method) => method !== "OPTIONS" && method !== "HEAD")
      .flatMap((method) => CODES.filter((code) => code !== "aborted").map((code) => ({ method, route, code }))),
  )
}
