/** How a page and a redirect are answered, and what becomes of an error on the way to a person. */
import { OAuthError } from "@gatehouse/oauth"
import { repeatable } from "@gatehouse/service-kit"
import type { FastifyReply, FastifyRequest } from "fastify"
import { errorPage } from "../pages/error-page.ts"
import { stylesheetHash } from "../pages/style.ts"

// No form-action where a form leads to a redirect: browsers hold the whole chain after the POST against it, so that 'self' would
// stop the answer on its way to the client, whose hosts and schemes nobody can list (a client's page may go on to an app).
// No Cross-Origin-Opener-Policy: clients that open this page in a popup wait for it to come back.
const policy = `default-src 'none'; style-src ${stylesheetHash}; img-src data:; base-uri 'none'; frame-ancestors 'none'`

const headers = {
  "content-security-policy": policy,
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
}

export const sendPage = (reply: FastifyReply, status: number, page: string): FastifyReply =>
  reply.code(status).headers(headers).type("text/html; charset=utf-8").send(page)

/** 303: whatever the method was, what follows is a GET, and a form's fields go no further (RFC 9700 §4.12). */
export const seeOther = (reply: FastifyReply, location: string): FastifyReply =>
  reply.headers({ "referrer-policy": "no-referrer", "cache-control": "no-store" }).redirect(location, 303)

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** Shows an error to the person it happened to: nobody reads JSON in a browser. */
export const withErrorPage =
  (issuer: string, handler: Handler): Handler =>
  async (request, reply) => {
    try {
      return await handler(request, reply)
    } catch (thrown) {
      if (thrown instanceof Error && "statusCode" in thrown) throw thrown // says its own status
      const error =
        thrown instanceof OAuthError ? thrown : new OAuthError("server_error", "unexpected", { cause: thrown })
      if (error.status >= 500)
        request.log.error(repeatable({ reason: error.code, err: error.cause ?? error }), "a page could not be served")
      if (error.code === "temporarily_unavailable") reply.header("retry-after", "2")
      return sendPage(reply, pageStatusOf(error), errorPage({ issuer, error }))
    }
  }

// 401 would make a browser look for credentials; to a person an unknown client is a bad request.
const pageStatusOf = (error: OAuthError): number => (error.status === 401 ? 400 : error.status)
