/** The error page: what happened and what to do, in a person's words; the words of OAuth stand below, for developers. */
import type { OAuthError } from "@gatehouse/oauth"
import { TransactionGone } from "../domain/consent.ts"
import { html } from "./html.ts"
import { layout } from "./layout.ts"
import { redirectTargetOf } from "./redirect-target.ts"

export interface ErrorPage {
  issuer: string
  error: OAuthError
  /** Set when the client is to be told: the way back, which the person takes or does not. */
  back?: { redirectUri: string; location: string }
}

export function errorPage({ issuer, error, back }: ErrorPage): string {
  const { title, what, advice } = back ? refused : wordsOf(error)
  const content = html`<h1>${title}</h1>
<p>${what}</p>
<p>${advice}</p>
${back && backLink(back)}
<p class="quiet last">For developers: <code>${error.code}</code>${back ? html` · ${error.description}` : undefined}</p>`
  return layout({ title, issuer, content })
}

const backLink = ({ redirectUri, location }: { redirectUri: string; location: string }) =>
  html`<p>It returns to: <strong>${redirectTargetOf(redirectUri).place}</strong></p>
<p><a class="button" href="${location}" rel="noreferrer">Return to the app</a></p>`

const refused = {
  title: "The app’s request was not accepted",
  what: "An app asked to connect in a way that this server does not allow. Nothing was shared with it.",
  advice:
    "If you came here from an app that you trust, return to it: it is told what went wrong. Otherwise close this page.",
}

function wordsOf(error: OAuthError): { title: string; what: string; advice: string } {
  const what = error.description
  const startAgain = "Return to the app and connect again."
  if (error instanceof TransactionGone) return { title: "This page is no longer valid", what, advice: startAgain }
  if (error.code === "access_denied")
    return {
      title: "This page can’t go on here",
      what,
      advice: `${startAgain} Stay in one browser from start to finish, and allow cookies for this site.`,
    }
  if (error.code === "temporarily_unavailable")
    return {
      title: "Not available right now",
      what: "Part of this service does not answer.",
      advice: "Wait a moment, then reload this page.",
    }
  if (error.code === "server_error")
    return {
      title: "Something went wrong here",
      what: "It is this server’s fault, and it has been recorded.",
      advice: startAgain,
    }
  return {
    title: "This app can’t connect",
    what,
    advice:
      "Return to the app and connect again. If it happens again, remove the connection in the app and add it anew.",
  }
}
