/** `POST /introspect` (RFC 7662 §2). */
import { requireParameter } from "@gatehouse/oauth"
import type { FastifyReply, FastifyRequest } from "fastify"
import type { Introspect } from "../metrics/introspection-metrics.ts"
import { authenticatedResourceServerOf } from "./require-resource-server.ts"

export const introspect =
  (introspectToken: Introspect) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { resourceServer, parameters } = authenticatedResourceServerOf(request)
    const answer = await introspectToken(requireParameter(parameters, "token"), resourceServer)
    return reply.header("cache-control", "no-store").send(answer)
  }
