/** The guard of `/token` and `/revoke`: who asks is authenticated before anything else is looked at (RFC 6749 §3.2.1). */
import { headerValues, OAuthError, type Parameters, RepeatedParameter } from "@gatehouse/oauth"
import type { FastifyRequest } from "fastify"
import type { AuthDependencies } from "../dependencies.ts"
import { type AuditFacts, pseudonymOf } from "../domain/audit.ts"
import type { Client } from "../domain/client.ts"
import { authenticateClient } from "../domain/client-authentication.ts"
import { type ClientCredentials, parseClientCredentials, UnprovenClient } from "../domain/client-credentials.ts"
import { requireForm } from "./form.ts"

export interface AuthenticatedClient {
  client: Client
  parameters: Parameters
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the guard. */
    oauthClient: AuthenticatedClient | null
  }
}

/** Who asks, and what: for whatever runs behind the guard. */
export function authenticatedClientOf({ oauthClient }: FastifyRequest): AuthenticatedClient {
  if (oauthClient === null) throw new Error("this route has no guard")
  return oauthClient
}

/** A preHandler hook. Throws OAuthError `invalid_client`, `invalid_request`, `invalid_target`. */
export const requireClient = (deps: AuthDependencies) => async (request: FastifyRequest) => {
  const parameters = readForm(request)
  const credentials = parseClientCredentials(authorizationOf(request), parameters)
  try {
    const client = await authenticateClient(credentials, { ...deps, attempt: request.id })
    request.oauthClient = { client, parameters }
  } catch (error) {
    if (error instanceof OAuthError && error.code === "invalid_client") {
      deps.audit("auth.token.denied", { ...whoFailed(error, credentials), reason: error.code })
    }
    throw error
  }
}

/** A secret in the place of the id is a common mistake: what names no client is not repeated. */
function whoFailed(error: OAuthError, { clientId }: ClientCredentials): AuditFacts {
  if (error instanceof UnprovenClient) return { client_id: error.clientId }
  return clientId === undefined ? {} : { unknown_client: pseudonymOf(clientId) }
}

function readForm(request: FastifyRequest): Parameters {
  try {
    return requireForm(request)
  } catch (error) {
    // Two resources are a request that RFC 8707 §2 allows, for a target that there is not; one twice is a repeated parameter.
    if (error instanceof RepeatedParameter && error.parameter === "resource" && namesTwoResources(request.body))
      throw new OAuthError("invalid_target", "one resource can be asked for at a time", { cause: error })
    throw error
  }
}

const namesTwoResources = (body: unknown): boolean =>
  new Set(new URLSearchParams(String(body)).getAll("resource")).size > 1

/** All of them. */
export const authorizationOf = ({ raw }: FastifyRequest): string[] => headerValues(raw.rawHeaders, "authorization")
