/** The one stylesheet of all pages, inline, and its hash for the Content-Security-Policy. */
import { createHash } from "node:crypto"

// Every pair of text and ground keeps a contrast of at least 4.5, in both themes; a test computes them.
export const stylesheet = `
:root{color-scheme:light dark;--paper:#f5f4f0;--card:#fff;--ink:#1d1c19;--quiet:#605d56;--line:#dedbd3;--edge:#8c887e;--accent:#11605a;--on-accent:#fff;--pressed:#0b4641;--note:#fbf2da;--note-ink:#5a4100;--note-line:#e2c987;--bad:#a3270f}
@media (prefers-color-scheme:dark){:root{--paper:#141311;--card:#1e1d1a;--ink:#edebe5;--quiet:#aeaaa0;--line:#38362f;--edge:#7d796e;--accent:#7ed3c7;--on-accent:#08231f;--pressed:#a5e3da;--note:#302709;--note-ink:#f1dc9f;--note-line:#5d4c14;--bad:#ff9f8a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;align-items:center;padding:clamp(1.25rem,8vh,5rem) 1rem 2rem;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:29rem;padding:clamp(1.5rem,6vw,2.25rem);background:var(--card);border:1px solid var(--line);border-radius:1rem}
main.wide{max-width:42rem}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25;font-weight:650;letter-spacing:-.015em;text-wrap:balance;overflow-wrap:anywhere}
h2{margin:1.75rem 0 .5rem;font-size:1rem;line-height:1.4;font-weight:600}
p{margin:0 0 1rem;text-wrap:pretty}
a{color:var(--accent);text-underline-offset:.15em}
.who{color:var(--accent)}
strong{font-weight:600;overflow-wrap:anywhere}
code{font:.9em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.brand{display:flex;align-items:center;gap:.5rem;margin:0 0 1.5rem;color:var(--quiet);font-size:.9375rem}
.brand svg{flex:none;color:var(--accent)}
.brand span{overflow-wrap:anywhere;min-width:0}
.quiet{color:var(--quiet);font-size:.9375rem}
.last{margin-bottom:0}
dl{margin:1.25rem 0 0;border-top:1px solid var(--line)}
dl div{display:grid;grid-template-columns:7.5rem 1fr;gap:0 1rem;padding:.7rem 0;border-bottom:1px solid var(--line)}
dt{color:var(--quiet)}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
dd .quiet{display:block}
ul.plain{margin:0;padding:0;list-style:none}
ul.plain li{position:relative;padding:.25rem 0 .25rem 1.75rem}
ul.plain li::before{content:"";position:absolute;left:.3rem;top:.65rem;width:.75rem;height:.4rem;border:solid var(--accent);border-width:0 0 2px 2px;transform:rotate(-45deg)}
.note{margin:1.5rem 0 0;padding:.85rem 1rem;background:var(--note);color:var(--note-ink);border:1px solid var(--note-line);border-radius:.625rem;font-size:.9375rem}
.note strong{display:block}
.problem{margin:0 0 1.5rem;padding:.85rem 1rem;border:1px solid var(--bad);border-left-width:.3rem;border-radius:.625rem;color:var(--bad)}
.problem a{color:inherit}
.problem h2{margin:0 0 .25rem}
.problem p{margin:0}
.buttons{display:grid;grid-template-columns:1fr 1fr;gap:.75rem;margin:1.75rem 0 1rem}
button,.button{display:block;width:100%;min-height:3rem;padding:.7rem 1rem;font:inherit;font-weight:600;line-height:1.5;text-align:center;text-decoration:none;color:var(--on-accent);background:var(--accent);border:1px solid var(--accent);border-radius:.625rem;cursor:pointer}
button:hover,.button:hover{background:var(--pressed);border-color:var(--pressed)}
button.second{color:var(--ink);background:transparent;border-color:var(--edge)}
button.second:hover{border-color:var(--ink)}
form + form{margin-top:.75rem}
label{display:block;font-weight:600}
.hint{display:block;margin:.1rem 0 .7rem;color:var(--quiet);font-size:.9375rem}
.wrong{display:block;margin:.1rem 0 .7rem;color:var(--bad);font-weight:600;font-size:.9375rem}
input{display:block;width:100%;min-height:3rem;margin:0 0 1.25rem;padding:.6rem .85rem;font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--edge);border-radius:.625rem}
input[aria-invalid]{border:2px solid var(--bad)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
main.wide dl div{grid-template-columns:11rem 1fr}
@media (max-width:26rem){dl div,main.wide dl div{grid-template-columns:1fr}body{padding-top:1rem}}
`

export const stylesheetHash = `'sha256-${createHash("sha256").update(stylesheet).digest("base64")}'`
