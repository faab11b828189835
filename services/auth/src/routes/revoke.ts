/** `POST /revoke` (RFC 7009 §2). */
import { requireParameter } from "@gatehouse/oauth"
import type { FastifyReply, FastifyRequest } from "fastify"
import type { AuthDependencies } from "../dependencies.ts"
import { revokeToken } from "../domain/revocation.ts"
import { authenticatedClientOf } from "./require-client.ts"

export const revoke =
  (deps: AuthDependencies) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { client, parameters } = authenticatedClientOf(request)
    await revokeToken(requireParameter(parameters, "token"), client, deps)
    return reply.header("cache-control", "no-store").send() // §2.2: the body says nothing, whatever the token was
  }
