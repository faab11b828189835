/** `GET /.well-known/oauth-authorization-server` (RFC 8414 §3). */
import type { FastifyReply, FastifyRequest } from "fastify"
import type { AuthDependencies } from "../dependencies.ts"
import { metadataOf } from "../domain/metadata.ts"

export const metadata = ({ config }: AuthDependencies) => {
  const document = metadataOf(config)
  return async (_request: FastifyRequest, reply: FastifyReply) =>
    reply.header("cache-control", "public, max-age=300").send(document)
}
