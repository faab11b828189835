/** The answer to an error that no service translated: its kind and nothing of its text. */
import type { FastifyReply, FastifyRequest } from "fastify"
import { repeatable } from "./repeat-limit.ts"
import { jsonHeaders } from "./security-headers.ts"

/** A fault of the request keeps its 4xx status (Fastify's own errors carry one); whatever else is thrown is ours: 500, and logged. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = statusOf(error)
  if (status < 500) {
    request.log.debug({ reason: reasonOf(error) }, "request refused")
    return reply.code(status).headers(jsonHeaders).send({ error: "invalid_request" })
  }
  request.log.error(repeatable({ err: error }), "request failed")
  return reply.code(500).headers(jsonHeaders).send({ error: "server_error" })
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500
  return status >= 400 && status < 500 ? status : 500
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown"
