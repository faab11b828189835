/** A form that one of our own pages posts. */
import { OAuthError, type Parameters, requireParameter } from "@gatehouse/oauth"
import type { FastifyRequest } from "fastify"
import { checkCsrfToken, otherBrowser, type Step } from "../domain/browser-binding.ts"
import { browserSecretOf } from "./browser-cookie.ts"
import { requireForm } from "./form.ts"

export interface PageForm {
  fields: Parameters
  transaction: string
  browserSecret: string | undefined
}

/**
 * Reads a form of ours.
 * @throws OAuthError `access_denied` when another site sent it, `invalid_request` when it is no form of ours
 */
export function readPageForm(request: FastifyRequest, issuer: string): PageForm {
  checkSameOrigin(request, issuer)
  const fields = requireForm(request)
  return {
    fields,
    transaction: requireParameter(fields, "transaction"),
    browserSecret: browserSecretOf(request, issuer),
  }
}

/** @throws OAuthError `access_denied` when the form was not served to this browser for this step */
export function requireBrowser({ fields, transaction, browserSecret }: PageForm, step: Step): string {
  if (browserSecret === undefined) throw otherBrowser()
  checkCsrfToken(fields.get("csrf"), browserSecret, step, transaction)
  return browserSecret
}

/** Our pages send no referrer, and then browsers say `Origin: null` of our own forms too: Sec-Fetch-Site tells those apart. */
function checkSameOrigin({ headers }: FastifyRequest, issuer: string): void {
  const { origin } = headers
  const site = headers["sec-fetch-site"]
  const foreignOrigin = origin !== undefined && origin !== "null" && origin !== new URL(issuer).origin
  const foreignSite = site !== undefined && site !== "same-origin" && site !== "none"
  if (foreignOrigin || foreignSite) throw new OAuthError("access_denied", "This form was sent by another site.")
}
