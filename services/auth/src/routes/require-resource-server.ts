/** The guard of `/introspect`: only resource servers that the operator knows (RFC 7662 §2.1). */
import { OAuthError, type Parameters } from "@gatehouse/oauth"
import type { RateLimitHook } from "@gatehouse/service-kit"
import type { FastifyReply, FastifyRequest } from "fastify"
import type { AuthDependencies } from "../dependencies.ts"
import type { ResourceServer } from "../domain/client.ts"
import { createResourceServerAuthentication } from "../domain/client-authentication.ts"
import { requireForm } from "./form.ts"
import { authorizationOf } from "./require-client.ts"

export interface AuthenticatedResourceServer {
  resourceServer: ResourceServer
  parameters: Parameters
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the guard. */
    resourceServer: AuthenticatedResourceServer | null
  }
}

/** Who asks, and what: for whatever runs behind the guard. */
export function authenticatedResourceServerOf({ resourceServer }: FastifyRequest): AuthenticatedResourceServer {
  if (resourceServer === null) throw new Error("this route has no guard")
  return resourceServer
}

/**
 * A preHandler hook. Throws OAuthError `invalid_client`, `invalid_request`; counts by peer whoever fails. With a callback: who is
 * known, which is asked for every token, waits for nothing.
 */
export const requireResourceServer = (
  { findResourceServer, audit }: AuthDependencies,
  limitStrangers: RateLimitHook,
) => {
  const authenticate = createResourceServerAuthentication(findResourceServer)
  const deny = async (error: Error, request: FastifyRequest, reply: FastifyReply) => {
    await limitStrangers(request, reply) // a reply that is awaited is gone: what tells is whether it was sent
    if (reply.sent) return undefined
    if (error instanceof OAuthError) audit("auth.introspection.denied", { reason: error.code })
    return error
  }
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    const parameters = requireForm(request)
    try {
      request.resourceServer = { resourceServer: authenticate(authorizationOf(request), parameters), parameters }
    } catch (error) {
      deny(error as Error, request, reply).then((denied) => denied && done(denied), done)
      return
    }
    done()
  }
}
