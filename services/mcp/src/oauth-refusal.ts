/** The one place where a refusal of this service becomes an HTTP answer: status, challenge, body (RFC 6750 §3). */
import { bearerChallenge, errorBody, OAuthError } from "@gatehouse/oauth"
import type { FastifyReply } from "fastify"
import type { ScopeNames } from "./scope-names.ts"

interface Refusal {
  error: OAuthError
  /** Scopes that would do, for the challenge. */
  scopes?: readonly string[]
  retryAfterSeconds?: number
}

export interface Refuse {
  /** No token was sent: a bare challenge, without `error` (RFC 6750 §3.1). */
  unauthenticated(reply: FastifyReply): FastifyReply
  /** 400, 401, 403 with a challenge, 503 with `Retry-After` and none: what we cannot tell is not the token's fault. */
  because(reply: FastifyReply, refusal: Refusal): FastifyReply
}

/** @param resourceMetadata URL of the protected resource metadata (RFC 9728 §5.1) */
export const createRefuse = (resourceMetadata: string, scopeNames: ScopeNames): Refuse => ({
  unauthenticated: (reply) =>
    reply
      .code(401)
      .header("www-authenticate", bearerChallenge({ resourceMetadata, scopes: scopeNames(["mcp"]) }))
      .send(errorBody(new OAuthError("invalid_token", "an access token is required"))),
  because(reply, { error, scopes, retryAfterSeconds = 5 }) {
    reply.code(error.status)
    if (error.code === "temporarily_unavailable") reply.header("retry-after", String(Math.ceil(retryAfterSeconds)))
    else
      reply.header(
        "www-authenticate",
        bearerChallenge({ resourceMetadata, ...(scopes && { scopes: scopeNames(scopes) }), error }),
      )
    return reply.send(errorBody(error))
  },
})
