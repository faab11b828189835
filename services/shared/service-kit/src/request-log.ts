/** The request log: one line a request, from a closed list of facts. Never the URL, the query, a header, or a body. */
import { context } from "@opentelemetry/api"
import { type FastifyReply, type FastifyRequest, LogController } from "fastify"
import { describeError } from "./logger.ts"
import { repeatable } from "./repeat-limit.ts"

/** An onRequest hook. */
export function logRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  logOnceAnswered(request, reply)
  done()
}

/** The line is written when the answer is sent, or when the client has gone. */
export function logOnceAnswered(request: FastifyRequest, reply: FastifyReply): void {
  const started = performance.now()
  const write = () => {
    const { headersSent, statusCode, writableFinished } = reply.raw
    const facts = {
      method: request.method,
      route: request.routeOptions.url ?? "none",
      ...(headersSent && { status: statusCode }),
      ms: Math.round((performance.now() - started) * 10) / 10,
      ...(!writableFinished && { aborted: true }),
    }
    // What is refused costs whoever asks nothing: a flood of it must not fill a disk.
    request.log.info(statusCode >= 400 ? repeatable(facts) : facts, "request")
  }
  // It closes once; "once" would wrap the listener, and take it away again, for every request.
  reply.raw.on("close", context.bind(context.active(), write)) // the connection's own events belong to no trace
}

/** Fastify's own lines show URLs and error messages: each is left out, or replaced by a harmless one. */
export class QuietLog extends LogController {
  constructor() {
    super({ requestIdLogLabel: "request_id" })
  }

  override incomingRequest(): void {}
  override requestCompleted(): void {}
  override routeNotFound(): void {}
  override serviceUnavailable(): void {}

  override defaultErrorLog(error: Error, request: FastifyRequest): void {
    request.log.error({ err: error }, "request failed")
  }

  override streamError(error: Error, request: FastifyRequest): void {
    request.log.info({ reason: describeError(error).code ?? error.name }, "answer cut off")
  }

  override writeHeadError(error: Error, request: FastifyRequest): void {
    request.log.error({ err: error }, "answer not written")
  }

  override serializerError(error: Error, request: FastifyRequest): void {
    request.log.error({ err: error }, "answer not serialized")
  }
}
