/** `POST /token` (RFC 6749 §3.2). */
import { OAuthError } from "@gatehouse/oauth"
import type { FastifyReply, FastifyRequest } from "fastify"
import type { AuthDependencies } from "../dependencies.ts"
import { handleTokenRequest } from "../domain/token-request.ts"
import { authenticatedClientOf } from "./require-client.ts"

export const token =
  (deps: AuthDependencies) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { client, parameters } = authenticatedClientOf(request)
    try {
      const tokens = await handleTokenRequest({ client, parameters, attempt: request.id }, deps)
      return reply.header("cache-control", "no-store").send(tokens)
    } catch (error) {
      if (error instanceof OAuthError)
        deps.audit("auth.token.denied", { client_id: client.clientId, reason: error.code })
      throw error
    }
  }
