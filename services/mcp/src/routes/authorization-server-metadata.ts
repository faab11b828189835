/** `GET /.well-known/oauth-authorization-server`: the authorization server's document, for clients that look for it here (2025-03-26). */
import { errorBody, unavailable } from "@gatehouse/oauth"
import type { FastifyReply, FastifyRequest } from "fastify"
import type { McpDependencies } from "../dependencies.ts"

export const mirroredMetadata =
  ({ authorizationServers }: McpDependencies) =>
  async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const metadata = authorizationServers()[0]?.metadata
    if (metadata !== undefined) return reply.header("cache-control", "public, max-age=300").send(metadata)
    const error = unavailable("the metadata of the authorization server is not known yet")
    return reply.code(error.status).header("retry-after", "5").send(errorBody(error))
  }
