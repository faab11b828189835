/** HTTP as an authorization server is asked: pooled connections, a bounded body, no redirects, and one word for every failure. */
import { Agent, type Dispatcher, request } from "undici"
import { Unavailable } from "../unavailable.ts"
import { retryAfterSeconds, secondsUntilReset } from "./retry-after.ts"
import { type Operation, traceRequest } from "./trace-request.ts"

export interface HttpAnswer {
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** The parsed JSON; undefined when the body is none. */
  json: unknown
  retryAfterSeconds: number | undefined
}

export interface HttpClient {
  /** @throws Unavailable `timeout`, `refused`, `network`, `bad_response`; or the signal's reason, when that is no timeout */
  ask(url: string, options: HttpQuestion): Promise<HttpAnswer>
  close(): Promise<void>
}

interface HttpQuestion {
  /** What is asked, for traces. */
  operation: Operation
  method: "GET" | "POST"
  headers?: Record<string, string>
  body?: string
  signal: AbortSignal
}

const MAX_BODY_BYTES = 64 * 1024

export interface HttpClientOptions {
  timeoutMs: number
  /** In place of connections of its own, with what bounds it has; whoever made it closes it. */
  dispatcher?: Dispatcher
}

/** `timeoutMs` bounds connecting, waiting for headers and each pause in a body; the whole is bounded by the signal. */
export function createHttpClient({ timeoutMs, dispatcher }: HttpClientOptions): HttpClient {
  const agent = new Agent({
    connections: 64,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: MAX_BODY_BYTES,
  })
  return {
    ask(url, { operation, method, headers, body, signal }) {
      const send = async (traceHeaders: Record<string, string>) => {
        try {
          const response = await request(url, {
            dispatcher: dispatcher ?? agent,
            method,
            headers: { accept: "application/json", ...traceHeaders, ...headers },
            ...(body === undefined ? {} : { body }),
            signal,
          })
          return await readAnswer(response)
        } catch (error) {
          if (signal.aborted && !isTimeout(signal.reason)) throw signal.reason
          throw unavailable(error)
        }
      }
      return traceRequest({ operation, method, url }, send)
    },
    close: () => agent.destroy(),
  }
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<HttpAnswer> {
  const json = parseJson(await readBounded(body))
  const untilReset = statusCode === 429 ? secondsUntilReset(headers) : undefined
  const wait = retryAfterSeconds(headers["retry-after"]) ?? untilReset
  return { status: statusCode, headers, json, retryAfterSeconds: wait }
}

/** Counted here as well: a dispatcher that was handed in may have no bound of its own. */
async function readBounded(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Unavailable("bad_response", { cause: new RangeError("the body is too large") })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What AbortSignal.timeout aborts with. */
const isTimeout = (reason: unknown): boolean => reason instanceof DOMException && reason.name === "TimeoutError"

function unavailable(error: unknown): Unavailable {
  if (error instanceof Unavailable) return error
  if (isTimeout(error)) return new Unavailable("timeout", { cause: error })
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  if (code === "ECONNREFUSED") return new Unavailable("refused", { cause: error })
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return new Unavailable("timeout", { cause: error })
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE" || code.startsWith("HPE_"))
    return new Unavailable("bad_response", { cause: error })
  return new Unavailable("network", { cause: error })
}
