/** The one translator from a refusal to its JSON (RFC 6749 §5.2). */
import { errorBody, OAuthError } from "@gatehouse/oauth"
import { repeatable } from "@gatehouse/service-kit"
import type { FastifyReply, FastifyRequest } from "fastify"

declare module "fastify" {
  interface FastifyReply {
    /** The refusal that is answered, for whoever counts. */
    oauthError: OAuthError | null
  }
}

const RETRY_AFTER_SECONDS = 2

/** Answers an OAuthError; leaves anything else to the default, which says nothing of it. */
export function answerOAuthError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  reply.header("cache-control", "no-store")
  if (!(error instanceof OAuthError)) return undefined
  reply.oauthError = error
  if (error.status >= 500) request.log.warn(repeatable({ reason: error.code, err: error }), "not answered")
  // Every 401 names the scheme that would do (RFC 9110 §15.5.2), also when none was tried.
  if (error.code === "invalid_client") reply.header("www-authenticate", 'Basic realm="gatehouse", charset="UTF-8"')
  if (error.code === "temporarily_unavailable") reply.header("retry-after", RETRY_AFTER_SECONDS)
  return reply.code(error.status).send(errorBody(error))
}
