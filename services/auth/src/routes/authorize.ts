/** `GET /authorize`: checks the request, remembers it, and asks the person (RFC 6749 §4.1.1). */
import { endpointOf, OAuthError } from "@gatehouse/oauth"
import type { FastifyReply, FastifyRequest } from "fastify"
import type { AuthDependencies } from "../dependencies.ts"
import {
  type AskedAuthorization,
  checkAuthorizationRequest,
  identifyRequester,
  parseAuthorizationParameters,
  type Requester,
} from "../domain/authorization-request.ts"
import { errorLocation, redirectsUnseen } from "../domain/authorization-response.ts"
import { csrfToken } from "../domain/browser-binding.ts"
import { beginTransaction } from "../domain/consent.ts"
import { consentPage } from "../pages/consent-page.ts"
import { errorPage } from "../pages/error-page.ts"
import { ensureBrowserSecret } from "./browser-cookie.ts"
import { seeOther, sendPage, withErrorPage } from "./page-answer.ts"
import { transactionDependencies } from "./transaction-dependencies.ts"

export const authorize = (deps: AuthDependencies) => {
  const { issuer, resources } = deps.config
  return withErrorPage(issuer, async (request, reply) => {
    const parameters = parseAuthorizationParameters(queryOf(request))
    const requester = await identifyRequester(parameters, deps.findClient)
    const asked = orRefusal(() => checkAuthorizationRequest(parameters, requester.client, resources))
    if (asked instanceof OAuthError) return refuse(reply, issuer, requester, asked)

    const browserSecret = ensureBrowserSecret(request, reply, issuer)
    const transaction = await beginTransaction(requester, asked, browserSecret, transactionDependencies(deps))
    const page = consentPage({
      issuer,
      action: new URL(endpointOf(issuer, "/consent")).pathname,
      transaction,
      csrf: csrfToken(browserSecret, "consent", transaction),
      client: requester.client,
      asked: { ...asked, redirectUri: requester.redirectUri },
    })
    return sendPage(reply, 200, page)
  })
}

const queryOf = (request: FastifyRequest): string => request.raw.url?.split("?").slice(1).join("?") ?? ""

function orRefusal(check: () => AskedAuthorization): AskedAuthorization | OAuthError {
  try {
    return check()
  } catch (error) {
    if (error instanceof OAuthError) return error
    throw error
  }
}

/** From here on the client is told: at once where that is safe, otherwise by a link that the person follows. */
function refuse(reply: FastifyReply, issuer: string, requester: Requester, error: OAuthError): FastifyReply {
  const location = errorLocation(requester, issuer, error)
  if (redirectsUnseen(requester)) return seeOther(reply, location)
  const { redirectUri } = requester
  return sendPage(reply, error.status, errorPage({ issuer, error, back: { redirectUri, location } }))
}
