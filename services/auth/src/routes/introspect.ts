/** `POST /introspect` (RFC 7662 §2). */
import { requireParameter } from "@gatehouse/oauth"
import type { FastifyReply, FastifyRequest } from "fastify"
import type { AuthDependencies } from "../dependencies.ts"
import { introspectToken } from "../domain/introspection.ts"
import { authenticatedResourceServerOf } from "./require-resource-server.ts"

export const introspect =
  ({ stores }: AuthDependencies) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { resourceServer, parameters } = authenticatedResourceServerOf(request)
    const answer = await introspectToken(requireParameter(parameters, "token"), resourceServer, stores.grants)
    return reply.header("cache-control", "no-store").send(answer)
  }
