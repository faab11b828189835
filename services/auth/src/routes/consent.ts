/** `POST /consent`: the person approves, and signs in next; or denies, and the client is told. */
import { endpointOf, OAuthError } from "@gatehouse/oauth"
import type { AuthDependencies } from "../dependencies.ts"
import { errorLocation } from "../domain/authorization-response.ts"
import { approve, deny } from "../domain/consent.ts"
import { hashOf } from "../domain/hash.ts"
import { seeOther, withErrorPage } from "./page-answer.ts"
import { readPageForm, requireBrowser } from "./page-form.ts"
import { transactionDependencies } from "./transaction-dependencies.ts"

export const consent = (deps: AuthDependencies) => {
  const { issuer } = deps.config
  return withErrorPage(issuer, async (request, reply) => {
    const form = readPageForm(request, issuer)
    const { transaction } = form
    const browserSecret = requireBrowser(form, "consent")
    const transactions = transactionDependencies(deps)

    const decision = form.fields.get("decision")
    if (decision === "deny") {
      const pending = await deny(transaction, browserSecret, transactions)
      deps.audit("auth.consent.denied", { client_id: pending.clientId })
      const denied = new OAuthError("access_denied", "the resource owner denied the request")
      return seeOther(reply, errorLocation(pending, issuer, denied))
    }
    if (decision !== "approve") throw new OAuthError("invalid_request", "The answer was neither Approve nor Deny.")

    const pending = await approve(transaction, browserSecret, transactions)
    deps.audit("auth.consent.granted", { client_id: pending.clientId })
    const next = await deps.identity.begin(hashOf(transaction))
    return seeOther(reply, next.kind === "redirect" ? next.location : signInLocation(issuer, transaction))
  })
}

const signInLocation = (issuer: string, transaction: string): string =>
  `${endpointOf(issuer, "/sign-in")}?${new URLSearchParams({ transaction })}`
