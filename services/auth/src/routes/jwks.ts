/** `GET /jwks`: the public keys (RFC 7517 §5). */
import type { FastifyReply, FastifyRequest } from "fastify"
import type { AuthDependencies } from "../dependencies.ts"

/** A key that is added is known everywhere after this long, and may sign from then on. */
const cacheControl = "public, max-age=300"

export const jwks =
  ({ signingKeys }: AuthDependencies) =>
  async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    reply.header("cache-control", cacheControl).type("application/jwk-set+json").send(signingKeys.jwks)
