/** The frame of every page: head, mark, one card. */
import { type Html, html, trusted } from "./html.ts"
import { stylesheet } from "./style.ts"

// A gate in a wall. Inline and in a data URI: no page loads anything.
const gate = trusted(
  '<svg width="20" height="20" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M2 18h16M4 18V9a6 6 0 0 1 12 0v9M8 18v-7M12 18v-7"/></svg>',
)
const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20" fill="none" stroke="#2a8a80" stroke-width="2" stroke-linecap="round"><path d="M2 18h16M4 18V9a6 6 0 0 1 12 0v9M8 18v-7M12 18v-7"/></svg>',
)}`

export interface Page {
  title: string
  /** The issuer, whose host every page names: people learn where they are. */
  issuer: string
  content: Html
  wide?: boolean
}

export const layout = ({ title, issuer, content, wide = false }: Page): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="${icon}">
<style>${trusted(stylesheet)}</style>
</head>
<body>
<main class="${wide ? "wide" : "narrow"}">
<p class="brand">${gate}<span>${new URL(issuer).host}</span></p>
${content}
</main>
</body>
</html>
`.markup
