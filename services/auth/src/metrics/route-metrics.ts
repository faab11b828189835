/** Answers as numbers: hooks beside the routes, which neither the routes nor the domain know of. */
import type { FastifyReply, FastifyRequest } from "fastify"
import { CodeVerifierMismatch } from "../domain/grants/authorization-code.ts"
import type { AuthMetrics } from "./auth-metrics.ts"

/** An onSend hook: an answer is counted when it is decided, whether or not the client waits for it. */
type CountAnswer = (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: () => void) => void

const TOO_MANY = 429

/** Hooks for the routes that have answers to count. What a rate limit refused is no answer of theirs. */
export function countAnswers(metrics: AuthMetrics) {
  const { tokenRequests, authorizeRequests, registrations, pkceFailures, clientAuth } = metrics
  /** Of clients and resource servers. A request that authenticates in no way that there is, is not counted. */
  const authentication: CountAnswer = (request, { oauthError }, _payload, done) => {
    const proven = request.oauthClient !== null || request.resourceServer !== null
    if (proven) clientAuth.add({ method: methodOf(request), outcome: "valid" })
    else if (oauthError?.code === "invalid_client") clientAuth.add({ method: methodOf(request), outcome: "invalid" })
    else if (oauthError?.code === "temporarily_unavailable")
      clientAuth.add({ method: methodOf(request), outcome: "unavailable" })
    done()
  }
  const token: CountAnswer = (request, { statusCode, oauthError }, _payload, done) => {
    if (statusCode !== TOO_MANY) {
      const result = statusCode < 400 ? "issued" : statusCode < 500 ? "refused" : "failed"
      // Fastify's own refusals (a body too long, of another type) are requests that are not valid.
      const error =
        oauthError?.code ?? ({ issued: "none", refused: "invalid_request", failed: "server_error" } as const)[result]
      // Whatever else a request says is counted as "other".
      tokenRequests.add({ grant_type: grantTypeOf(request) as "other", result, error: error as "other" })
      if (oauthError instanceof CodeVerifierMismatch) pkceFailures.add({})
    }
    done()
  }
  const authorize: CountAnswer = (_request, { statusCode }, _payload, done) => {
    if (statusCode < 300) authorizeRequests.add({ outcome: "shown" })
    else if (statusCode < 400) authorizeRequests.add({ outcome: "redirected" })
    else if (statusCode !== TOO_MANY) authorizeRequests.add({ outcome: statusCode < 500 ? "refused" : "failed" })
    done()
  }
  const register: CountAnswer = (_request, { statusCode }, _payload, done) => {
    if (statusCode < 400) registrations.add({ outcome: "registered" })
    else if (statusCode !== TOO_MANY) registrations.add({ outcome: statusCode < 500 ? "refused" : "failed" })
    done()
  }
  return { authentication, token, authorize, register }
}

function methodOf(request: FastifyRequest) {
  if (request.oauthClient?.client.authMethod === "none") return "none" // also with an empty secret in a header
  const { authorization } = request.headers
  if (authorization !== undefined) return /^basic /i.test(authorization) ? "client_secret_basic" : "other"
  const fields = fieldsOf(request)
  if (fields.has("client_assertion")) return "private_key_jwt"
  if (fields.has("client_secret")) return "client_secret_post"
  return fields.has("client_id") ? "none" : "other"
}

const grantTypeOf = (request: FastifyRequest): string => fieldsOf(request).get("grant_type") ?? "other"

/** Those that a guard has read; of a request that it refused, the body again. */
function fieldsOf({ oauthClient, resourceServer, body }: FastifyRequest): {
  has(name: string): boolean
  get(name: string): string | null | undefined
} {
  return (
    oauthClient?.parameters ?? resourceServer?.parameters ?? new URLSearchParams(typeof body === "string" ? body : "")
  )
}
