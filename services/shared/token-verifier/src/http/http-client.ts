/** HTTP as an authorization server is asked: pooled connections, a bounded body, no redirects, and one word for every failure. */
import { Agent, type Dispatcher, request } from "undici"
import { Unavailable } from "../unavailable.ts"
import { retryAfterSeconds } from "./retry-after.ts"

export interface HttpAnswer {
  status: number
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
  method: "GET" | "POST"
  headers?: Record<string, string>
  body?: string
  signal: AbortSignal
}

const MAX_BODY_BYTES = 64 * 1024

/** `timeoutMs` bounds connecting, waiting for headers and each pause in a body; the whole is bounded by the signal. */
export function createHttpClient({ timeoutMs }: { timeoutMs: number }): HttpClient {
  const agent = new Agent({
    connections: 64,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: MAX_BODY_BYTES,
  })
  return {
    async ask(url, { method, headers, body, signal }) {
      try {
        const response = await request(url, {
          dispatcher: agent,
          method,
          headers: { accept: "application/json", ...headers },
          ...(body === undefined ? {} : { body }),
          signal,
        })
        return await readAnswer(response)
      } catch (error) {
        if (signal.aborted && !isTimeout(signal.reason)) throw signal.reason
        throw unavailable(error)
      }
    },
    close: () => agent.destroy(),
  }
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<HttpAnswer> {
  const text = await body.text()
  return { status: statusCode, json: parseJson(text), retryAfterSeconds: retryAfterSeconds(headers["retry-after"]) }
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
  if (isTimeout(error)) return new Unavailable("timeout", { cause: error })
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  if (code === "ECONNREFUSED") return new Unavailable("refused", { cause: error })
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return new Unavailable("timeout", { cause: error })
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE" || code.startsWith("HPE_"))
    return new Unavailable("bad_response", { cause: error })
  return new Unavailable("network", { cause: error })
}
