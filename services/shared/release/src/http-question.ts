/** One question over HTTP, as the tests of a release ask it: in time, without redirects, and patient with what is still starting. */
import { setTimeout as pause } from "node:timers/promises"

export interface HttpAnswer {
  status: number
  headers: Headers
  text: string
  /** The parsed body; an empty object when it is no JSON object. */
  json: Record<string, unknown>
}

export interface HttpQuestion {
  method?: "GET" | "POST"
  headers?: Record<string, string>
  body?: string | URLSearchParams
}

const TIMEOUT_MS = 10_000
const PAUSE_MS = 500

/** @throws Error with a sentence, when there is no answer at all */
export async function askHttp(url: string, question: HttpQuestion = {}): Promise<HttpAnswer> {
  try {
    const answer = await fetch(url, { ...question, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, text, json: objectIn(text) }
  } catch (error) {
    throw new Error(`${url} does not answer (${reasonOf(error)})`)
  }
}

/** The same, again and again while nobody answers: a Service may be a moment later than its pods. */
export async function askPatiently(url: string, timeoutMs: number): Promise<HttpAnswer> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await askHttp(url).catch((error: Error) => error)
    const passing = answer instanceof Error || answer.status >= 500
    if (!passing) return answer
    if (Date.now() > deadline) {
      if (answer instanceof Error) throw answer
      return answer
    }
    await pause(PAUSE_MS)
  }
}

/** Never more than this of what a server said: whoever reads the line wants the reason. */
export const excerptOf = ({ status, text }: HttpAnswer): string =>
  `${status}${text === "" ? "" : ` ${text.replace(/\s+/g, " ").slice(0, 200)}`}`

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** `fetch` says "fetch failed", and why one level below. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown"
  if (error.name === "TimeoutError") return `nothing within ${TIMEOUT_MS / 1000} s`
  const { cause } = error
  if (cause instanceof Error) return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message
  return error.message
}
