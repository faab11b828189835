/** A span for every command to Redis that a recorded request waits for: its name and how it ended, never a key, a value or an argument. */
import { SpanKind } from "@opentelemetry/api"
import { beginChild, fail } from "./span.ts"

interface Command {
  readonly name: string
  readonly promise: Promise<unknown>
}

export interface RedisAddress {
  host?: string | undefined
  port?: number | undefined
}

const traced = new WeakSet<Command>()

/** A command that is sent again, after a reconnection or a redirection, has one span for the whole of it. */
export function traceCommand(command: Command, address: RedisAddress = {}): void {
  if (traced.has(command)) return
  const operation = command.name.toUpperCase()
  const attributes = { "db.system.name": "redis", "db.operation.name": operation, ...serverOf(address) }
  const span = beginChild(operation, { kind: SpanKind.CLIENT, attributes })
  if (span === undefined) return
  traced.add(command)
  command.promise.then(
    () => span.end(),
    (error: unknown) => {
      const type = errorTypeOf(error)
      // A script that Redis does not know yet is sent next: nothing went wrong.
      if (type === "NOSCRIPT") span.setAttribute("db.response.status_code", type)
      else fail(span, type)
      span.end()
    },
  )
}

const serverOf = ({ host, port }: RedisAddress) =>
  host === undefined ? {} : { "server.address": host, ...(port !== undefined && { "server.port": port }) }

/** The first word of what Redis says is an error's code (`READONLY`); the rest may quote arguments. */
function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return "_OTHER"
  if (error.message === "Command timed out") return "timeout"
  return /^[A-Z]{3,16}(?= )/.exec(error.message)?.[0] ?? error.name
}
