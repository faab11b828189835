/** `GET /`: what this server is, for whoever opens its address in a browser. */
import { createHash } from "node:crypto"
import type { FastifyReply, FastifyRequest } from "fastify"

const stylesheet = `
:root{color-scheme:light dark;--paper:#f5f4f0;--card:#fff;--ink:#1d1c19;--quiet:#605d56;--line:#dedbd3;--accent:#11605a}
@media (prefers-color-scheme:dark){:root{--paper:#141311;--card:#1e1d1a;--ink:#edebe5;--quiet:#aeaaa0;--line:#38362f;--accent:#7ed3c7}}
*{box-sizing:border-box}
body{margin:0;padding:clamp(1.25rem,8vh,5rem) 1rem 2rem;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:42rem;margin:auto;padding:clamp(1.5rem,6vw,2.25rem);background:var(--card);border:1px solid var(--line);border-radius:1rem}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25}
p{margin:0 0 1rem}
a{color:var(--accent);text-underline-offset:.15em}
a:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
code{font:.9em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
a,code{overflow-wrap:anywhere}
.last{margin:0}
`
const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(stylesheet).digest("base64")}'; img-src data:; base-uri 'none'; frame-ancestors 'none'`

export interface FrontPage {
  resource: string
  /** URL of the protected resource metadata. */
  metadata: string
}

/** Both values are our own configuration, checked to be URLs, in which `&` is the only character that HTML minds. */
const page = ({ resource, metadata }: FrontPage): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gatehouse MCP server</title>
<link rel="icon" href="data:,">
<style>${stylesheet}</style>
</head>
<body>
<main>
<h1>MCP server</h1>
<p>This is Gatehouse, an MCP (Model Context Protocol) server behind OAuth 2.1. There is nothing to do on this page: connect an MCP
client, such as the MCP Inspector, to</p>
<p><code>${resource}</code></p>
<p class="last">Where clients get their access tokens stands in its metadata: <a href="${metadata}">${metadata}</a></p>
</main>
</body>
</html>
`

const escaped = (url: string): string => new URL(url).href.replaceAll("&", "&amp;").replaceAll("'", "&#39;")

export function frontPage({ resource, metadata }: FrontPage) {
  const html = page({ resource: escaped(resource), metadata: escaped(metadata) })
  return async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    reply
      .headers({ "content-security-policy": policy, "cache-control": "no-store" })
      .type("text/html; charset=utf-8")
      .send(html)
}
