/** The log: JSON lines on stdout, and nothing in them that was not allowed by name. */
import { createRequire } from "node:module"
import { type DestinationStream, type Level, type LogFn, type Logger, pino } from "pino"
import { createRepeatLimit, kindOf, type RepeatLimit } from "./repeat-limit.ts"
import { traceFields } from "./tracing/log-fields.ts"

export type { Logger } from "pino"

export interface LoggerOptions {
  name: string
  /** pino's levels: trace, debug, info, warn, error, fatal, silent. */
  level: string
  /** Where lines go; stdout, when absent, for people if a person is looking at it. */
  destination?: DestinationStream
  /** Milliseconds since 1970, for what is counted by the minute. */
  nowMs?: () => number
}

/** Creates the process's logger. Fields are text, numbers and flags; an object is dropped, `err` and `req` are reduced to what is harmless. */
export function createLogger({ name, level, destination, nowMs }: LoggerOptions): Logger {
  const repeats = createRepeatLimit(({ kind, lines, level }) => {
    log[log.levels.labels[level] as Level]({ line: kind, lines }, "not logged")
  }, nowMs)
  const log = pino(
    {
      level,
      base: { name },
      timestamp: createTimestamps(),
      serializers: { err: describeError, error: describeError, req: methodOf, res: statusOf },
      formatters: { level: (label) => ({ level: label }), log: keepHarmless },
      hooks: { logMethod: withOwnMessage(repeats) },
      mixin: traceFields,
    },
    destination ?? readable() ?? pino.destination({ dest: 1, sync: true }),
  )
  untold.set(log, repeats.tell)
  return log
}

const untold = new WeakMap<Logger, () => void>()

/** How many lines were not written in a minute that is not over yet. */
export const tellRepeats = (log: Logger): void => untold.get(log)?.()

/** RFC 3339, in UTC. Of the many lines of one millisecond the first writes it out. */
function createTimestamps(): () => string {
  let [last, text] = [0, ""]
  return () => {
    const now = Date.now()
    if (now !== last) [last, text] = [now, `,"time":"${new Date(now).toISOString()}"`]
    return text
  }
}

/** Where a line has no message of its own, pino takes the error's, which may quote input. */
const withOwnMessage = (repeats: RepeatLimit) =>
  function (this: Logger, args: Parameters<LogFn>, write: LogFn, level: number): void {
    const [first, message = "failed", ...values] = args as unknown as [unknown, string?, ...unknown[]]
    const kind = kindOf(first, message)
    if (kind !== undefined && !this.isLevelEnabled("debug") && !repeats.admits(kind, level)) return
    if (first instanceof Error) write.call(this, { err: first }, message, ...values)
    else if (typeof first === "object") write.call(this, first, message, ...values)
    else write.apply(this, args)
  }

export interface ErrorDescription {
  type: string
  code?: string
  message?: string
  frames?: string[]
  cause?: ErrorDescription
}

/** What may be told of an error: never what is attached to it (a request, its headers, a command's arguments). */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error }
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {}
  const message = mayQuoteInput(error) ? {} : { message: withoutArguments(error.message) }
  // The stack begins with the message; only its frames are code.
  const frames = (error.stack ?? "").split("\n").filter((line) => /^ {4}at /.test(line))
  const cause = error.cause !== undefined && depth < 4 ? { cause: describeError(error.cause, depth + 1) } : {}
  return {
    type: error.name,
    ...code,
    ...message,
    ...(frames.length > 0 && { frames: frames.map((f) => f.trim()) }),
    ...cause,
  }
}

/** JSON.parse puts a piece of its input into its message. */
const mayQuoteInput = (error: Error): boolean => error instanceof SyntaxError

/** Redis says "ERR unknown command 'X', with args beginning with: …". */
const withoutArguments = (message: string): string => message.replace(/,? with args beginning with:.*$/s, "")

const methodOf = (request: { method?: string }) => ({ method: request?.method })
const statusOf = (reply: { statusCode?: number }) => ({ statusCode: reply?.statusCode })

const serialized = new Set(["err", "error", "req", "res"])
const secretName = /secret|password|authorization|cookie|assertion|verifier|nonce|token|^code$/i

/** An object may hold a whole request, so that only plain values pass; a name that promises a secret never does. */
function keepHarmless(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const name of Object.keys(fields)) kept[name] = harmless(name, fields[name])
  return kept
}

function harmless(name: string, value: unknown): unknown {
  if (typeof value === "string") return secretName.test(name) ? "[redacted]" : value
  if (isPlain(value) || (Array.isArray(value) && value.every(isPlain))) return value
  return serialized.has(name) && typeof value === "object" ? value : "[dropped]"
}

function isPlain(value: unknown): boolean {
  const type = typeof value
  return type === "string" || type === "number" || type === "boolean" || type === "undefined" || value === null
}

/** On a terminal in development, where pino-pretty is installed, lines are for reading; otherwise undefined. */
function readable(): DestinationStream | undefined {
  if (!process.stdout.isTTY) return undefined
  try {
    const pretty = createRequire(import.meta.url)("pino-pretty") as (options: object) => DestinationStream
    return pretty({ sync: true, ignore: "name", singleLine: true, translateTime: "SYS:HH:MM:ss.l" })
  } catch {
    return undefined
  }
}
