/** The wire to a collector: tries again what may pass, and can be broken off at any moment, which the SDK's own transport cannot. */
import { request as requestHttp } from "node:http"
import { request as requestHttps } from "node:https"
import { setTimeout as pause } from "node:timers/promises"
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import type { ExportResponse, IExporterTransport } from "@opentelemetry/otlp-exporter-base"
import type { convertLegacyHttpOptions } from "@opentelemetry/otlp-exporter-base/node-http"

type HttpOptions = ReturnType<typeof convertLegacyHttpOptions>
type Agent = Awaited<ReturnType<HttpOptions["agentFactory"]>>

const FIRST_PAUSE_MS = 1_000

/** What OTLP names as passing by itself. */
const passing = new Set([429, 502, 503, 504])

/** @param closing breaks off what is under way, and forbids more */
export function createTransport(options: HttpOptions, closing: AbortSignal): IExporterTransport {
  let agent: Promise<Agent> | undefined
  const compress = promisify(gzip)
  return {
    async send(data, timeoutMillis) {
      const signal = AbortSignal.any([closing, AbortSignal.timeout(timeoutMillis)])
      const gzipped = options.compression === "gzip"
      const headers = { ...(await options.headers()), ...(gzipped && { "content-encoding": "gzip" }) }
      const body = gzipped ? await compress(data) : data
      agent ??= Promise.resolve(options.agentFactory(new URL(options.url).protocol))
      const post = { headers, body, signal, agent: await agent }
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
        const answer = await postOnce(options.url, post)
        if (answer.status !== "retryable" || signal.aborted) return answer
        const waitMs = answer.retryInMillis ?? pauseMs * (0.5 + Math.random())
        await pause(waitMs, undefined, { signal }).catch(() => {})
        if (signal.aborted) return answer
      }
    },
    shutdown: () => void agent?.then((each) => each.destroy()),
  }
}

interface Post {
  headers: Record<string, string>
  body: Uint8Array
  signal: AbortSignal
  agent: Agent
}

function postOnce(url: string, { headers, body, signal, agent }: Post): Promise<ExportResponse> {
  return new Promise((resolve) => {
    const request = url.startsWith("https:") ? requestHttps : requestHttp
    const failed = (error: Error) => resolve({ status: "retryable", error })
    request(url, { method: "POST", headers: { ...headers, "content-length": body.length }, agent, signal })
      .on("error", failed)
      .on("response", (response) => {
        const { statusCode = 0 } = response
        response.on("error", failed).on("end", () => resolve(verdictOn(statusCode, response.headers["retry-after"])))
        response.resume() // what it says is of no use to us
      })
      .end(body)
  })
}

function verdictOn(status: number, retryAfter: string | undefined): ExportResponse {
  if (status >= 200 && status < 300) return { status: "success" }
  const error = Object.assign(new Error(`the collector answered ${status}`), { code: status })
  if (!passing.has(status)) return { status: "failure", error }
  const seconds = Number(retryAfter)
  return { status: "retryable", error, ...(seconds > 0 && { retryInMillis: seconds * 1000 }) }
}
