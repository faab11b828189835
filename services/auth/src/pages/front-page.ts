/** The front page: what this server is, for whoever opens its address. */
import { AUTHORIZATION_SERVER, endpointOf, wellKnownUrl } from "@gatehouse/oauth"
import { html } from "./html.ts"
import { layout } from "./layout.ts"

const endpoints = [
  ["Register a client", "POST", "/register"],
  ["Ask for authorization", "GET", "/authorize"],
  ["Get tokens", "POST", "/token"],
  ["Introspect a token", "POST", "/introspect"],
  ["Revoke a token", "POST", "/revoke"],
  ["Signing keys", "GET", "/jwks"],
] as const

/** @param resources what tokens are issued for */
export function frontPage(issuer: string, resources: readonly string[]): string {
  const metadata = wellKnownUrl(AUTHORIZATION_SERVER, issuer)
  const content = html`<h1>Authorization server</h1>
<p>This is Gatehouse, an OAuth 2.1 authorization server for MCP (Model Context Protocol) servers. Apps come here to be let in;
people come here to decide. There is nothing to do on this page: start in your app.</p>
<p>Tokens are issued here for ${resources.map((resource, i) => html`${i > 0 ? ", " : ""}<code>${resource}</code>`)}. Connect an MCP client there.</p>
<p class="last">Its metadata, for clients: <a href="${metadata}">${metadata}</a></p>
<h2 id="endpoints">Endpoints</h2>
<dl aria-labelledby="endpoints">
${endpoints.map(([what, method, path]) => html`<div><dt>${what}</dt><dd><code>${method} ${new URL(endpointOf(issuer, path)).pathname}</code></dd></div>`)}
</dl>`
  return layout({ title: "Gatehouse authorization server", issuer, content, wide: true })
}
