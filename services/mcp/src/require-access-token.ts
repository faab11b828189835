/** The guard of the MCP endpoint: one of three outcomes for every token, before the body is read. */
import { coversScope, MCP_SCOPES, OAuthError, parseBearer, unavailable } from "@gatehouse/oauth"
import { type RateLimitHook, repeatable } from "@gatehouse/service-kit"
import type { InvalidReason, TokenVerifier, Validation } from "@gatehouse/token-verifier"
import type { FastifyReply, FastifyRequest } from "fastify"
import { type Caller, callerOf } from "./caller.ts"
import type { Refuse } from "./oauth-refusal.ts"

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the guard of the MCP endpoint; undefined on every other route. */
    mcpCaller: Caller | undefined
  }
}

const descriptions: Record<InvalidReason, string> = {
  missing: "an access token is required",
  malformed: "the access token is malformed",
  unknown: "the access token is not known",
  expired: "the access token has expired",
  not_yet_valid: "the access token is not valid yet",
  bad_signature: "the access token is not signed by its issuer",
  unknown_key: "the access token is signed with an unknown key",
  wrong_issuer: "the access token is from another issuer",
  wrong_audience: "the access token is for another resource",
  wrong_token_kind: "this is not an access token",
  revoked: "the access token was revoked",
  inactive: "the access token is expired, revoked, or for another resource",
  insufficient_scope: "the access token lacks a scope",
}

/** Made once: refusing a flood of garbage should cost next to nothing, and an error's stack says nothing here. */
const refusals = new Map(
  Object.entries(descriptions).map(([reason, description]) => [reason, new OAuthError("invalid_token", description)]),
)

export interface GuardDependencies {
  tokens: Pick<TokenVerifier, "verify">
  refuse: Refuse
  /** Counts refused tokens of a peer; answers 429 when there were too many. */
  limitRefusals: RateLimitHook
}

/** Creates the onRequest hook. After it, `request.mcpCaller` is set. */
export function requireAccessToken({ tokens, refuse, limitRefusals }: GuardDependencies) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { rawHeaders } = request.raw
    if (parseBearer(rawHeaders).kind === "repeated") {
      const error = new OAuthError("invalid_request", "credentials were sent more than once")
      return refuse.because(reply, { error })
    }
    const validation = await tokens.verify(rawHeaders)
    if (validation.outcome === "valid") return admit(request, reply, { validation, refuse })
    if (validation.outcome === "unavailable") return answerUnavailable(request, reply, { validation, refuse })
    await limitRefusals(request, reply) // a reply that is awaited is gone: what tells is whether it was sent
    if (reply.sent) return reply
    if (validation.reason === "missing") return refuse.unauthenticated(reply)
    request.log.info(repeatable({ reason: validation.reason }), "access token refused")
    return refuse.because(reply, { error: refusals.get(validation.reason) as OAuthError, scopes: ["mcp"] })
  }
}

type Outcome<O extends Validation["outcome"]> = { validation: Extract<Validation, { outcome: O }>; refuse: Refuse }

function admit(request: FastifyRequest, reply: FastifyReply, { validation, refuse }: Outcome<"valid">) {
  const caller = callerOf(validation.claims)
  // A token without any scope of ours allows nothing: not even to learn what there is.
  const hasScope = MCP_SCOPES.some((scope) => coversScope(caller.scopes, scope))
  if (!hasScope) {
    const error = new OAuthError("insufficient_scope", "the access token has no scope for this resource")
    return refuse.because(reply, { error, scopes: ["mcp"] })
  }
  request.mcpCaller = caller
  return undefined
}

function answerUnavailable(
  request: FastifyRequest,
  reply: FastifyReply,
  { validation: { reason, retryAfterSeconds }, refuse }: Outcome<"unavailable">,
) {
  request.log.warn(repeatable({ reason }), "access token cannot be judged")
  const error = unavailable("the access token cannot be judged right now")
  return refuse.because(reply, { error, retryAfterSeconds })
}
