/** The consent page: who asks, for what, and where the answer goes (RFC 6819 §5.2.3.2). */
import type { PendingAuthorization } from "../domain/authorization.ts"
import type { Client } from "../domain/client.ts"
import { type Html, html } from "./html.ts"
import { layout } from "./layout.ts"
import { type RedirectTarget, redirectTargetOf } from "./redirect-target.ts"
import { scopeInWords } from "./scopes-in-words.ts"
import { displayText, nameOf } from "./untrusted-text.ts"

export interface ConsentPage {
  issuer: string
  action: string
  transaction: string
  csrf: string
  client: Client
  asked: Pick<PendingAuthorization, "scopes" | "resource" | "redirectUri">
}

export function consentPage({ issuer, action, transaction, csrf, client, asked }: ConsentPage): string {
  const target = redirectTargetOf(asked.redirectUri)
  const content = html`<h1><span class="who">${nameOf(client)}</span> wants to connect</h1>
<p class="last">This app asks to use an MCP server as you. ${provenance(client)}</p>
${facts(client, asked.resource, target)}
<h2 id="scopes">It will be able to</h2>
<ul class="plain" aria-labelledby="scopes">${asked.scopes.map((scope) => html`<li>${scopeInWords(scope)}</li>`)}</ul>
${target.warning && html`<p class="note"><strong>${target.warning.title}</strong> ${target.warning.text}</p>`}
<form method="post" action="${action}">
<input type="hidden" name="transaction" value="${transaction}">
<input type="hidden" name="csrf" value="${csrf}">
<div class="buttons">
<button class="second" name="decision" value="deny">Deny</button>
<button name="decision" value="approve">Approve</button>
</div>
</form>
<p class="quiet last">You sign in next. Nothing is shared before that, and you will be asked again next time.</p>`
  return layout({ title: `${displayText(client.clientName) || "An app"} wants to connect`, issuer, content })
}

const facts = (client: Client, resource: string, target: RedirectTarget): Html => html`<dl>
${client.source === "metadata-document" ? fact("App from", html`<strong>${new URL(client.clientId).host}</strong>`) : undefined}
${fact("Server", html`<strong>${new URL(resource).host}</strong><span class="quiet">${resource}</span>`)}
${fact("Returns to", html`<strong>${target.place}</strong>${target.detail && html`<span class="quiet">${target.detail}</span>`}`)}
</dl>`

const fact = (term: string, description: Html): Html => html`<div><dt>${term}</dt><dd>${description}</dd></div>`

function provenance(client: Client): string {
  if (client.source === "pre-registered") return "It was registered by the people who run this server."
  if (client.source === "metadata-document") return "Its name is what the site below says it is."
  return "It gave that name itself, and nobody has checked it."
}
