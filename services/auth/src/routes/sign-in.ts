/** `GET /sign-in` shows the page; `POST /sign-in` signs the person in, mints the code and sends it to the client. */
import { endpointOf, OAuthError, parseParameters, requireParameter } from "@gatehouse/oauth"
import type { FastifyRequest } from "fastify"
import type { AuthDependencies } from "../dependencies.ts"
import { pseudonymOf } from "../domain/audit.ts"
import type { PendingAuthorization } from "../domain/authorization.ts"
import { codeLocation, errorLocation } from "../domain/authorization-response.ts"
import { csrfToken, otherBrowser } from "../domain/browser-binding.ts"
import { TransactionGone } from "../domain/consent.ts"
import { issueCode } from "../domain/issue-code.ts"
import { finishTransaction, requireApproved } from "../domain/sign-in.ts"
import { signInPage as renderSignInPage, type SignInPage } from "../pages/sign-in-page.ts"
import { browserSecretOf } from "./browser-cookie.ts"
import { seeOther, sendPage, withErrorPage } from "./page-answer.ts"
import { readPageForm, requireBrowser } from "./page-form.ts"
import { transactionDependencies } from "./transaction-dependencies.ts"

export const signInPage = (deps: AuthDependencies) => {
  const { issuer } = deps.config
  return withErrorPage(issuer, async (request, reply) => {
    const transaction = requireParameter(parseParameters(queryOf(request)), "transaction")
    const browserSecret = browserSecretOf(request, issuer)
    const pending = await requireApproved(transaction, browserSecret, transactionDependencies(deps))
    if (browserSecret === undefined) throw otherBrowser()
    return sendPage(reply, 200, await pageOf(deps, { pending, transaction, browserSecret }))
  })
}

export const signIn = (deps: AuthDependencies) => {
  const { issuer } = deps.config
  return withErrorPage(issuer, async (request, reply) => {
    const form = readPageForm(request, issuer)
    const { transaction, fields } = form
    const transactions = transactionDependencies(deps)
    const pending = await requireApproved(transaction, form.browserSecret, transactions)
    const browserSecret = requireBrowser(form, "sign-in")

    const person = await deps.identity.authenticate(fields)
    if ("problem" in person) {
      deps.audit("auth.sign_in.failed", { client_id: pending.clientId })
      const rejected = { name: fields.get("name") ?? "", problem: person.problem }
      return sendPage(reply, 400, await pageOf(deps, { pending, transaction, browserSecret, rejected }))
    }
    const finished = await finishTransaction(transaction, transactions)
    deps.audit("auth.sign_in.succeeded", { client_id: finished.clientId, subject: pseudonymOf(person.subject) })
    try {
      return seeOther(
        reply,
        codeLocation(finished, issuer, await issueCode({ pending: finished, subject: person.subject }, deps)),
      )
    } catch (error) {
      // The transaction is over. If no code can be stored now, the client is told so, and may ask again.
      if (!(error instanceof OAuthError)) throw error
      request.log.warn({ err: error }, "an authorization could not be completed")
      return seeOther(reply, errorLocation(finished, issuer, error))
    }
  })
}

const queryOf = (request: FastifyRequest): string => request.raw.url?.split("?")[1] ?? ""

interface Shown {
  pending: PendingAuthorization
  transaction: string
  browserSecret: string
  rejected?: NonNullable<SignInPage["rejected"]>
}

async function pageOf(
  deps: AuthDependencies,
  { pending, transaction, browserSecret, rejected }: Shown,
): Promise<string> {
  const { issuer } = deps.config
  const client = await deps.findClient(pending.clientId)
  if (client === undefined) throw new TransactionGone()
  return renderSignInPage({
    issuer,
    action: new URL(endpointOf(issuer, "/sign-in")).pathname,
    transaction,
    csrf: csrfToken(browserSecret, "sign-in", transaction),
    cancel: {
      action: new URL(endpointOf(issuer, "/consent")).pathname,
      csrf: csrfToken(browserSecret, "consent", transaction),
    },
    client,
    ...(rejected && { rejected }),
  })
}
