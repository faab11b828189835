/** `/health` for a person: the same report as a page that loads nothing and runs nothing. */
import { createHash } from "node:crypto"
import type { FastifyReply } from "fastify"
import type { DependencyReport } from "./health.ts"
import { type HealthReport, isOutage, isRecord, type Outage, type Trouble } from "./health-report.ts"

/** Browsers name it first; curl and scripts take anything, and get JSON. */
export const wantsPage = (accept = ""): boolean =>
  /\btext\/html\b/.test(accept) && !/\bapplication\/json\b/.test(accept)

/** @param now seconds since 1970 */
export function sendHealthPage(reply: FastifyReply, report: HealthReport, now = Date.now() / 1000): FastifyReply {
  return reply
    .headers({ "content-security-policy": policy, "cache-control": "no-store", vary: "accept" })
    .type("text/html; charset=utf-8")
    .send(pageOf(report, now))
}

// Every pair of text and ground keeps a contrast of at least 4.5, in both themes.
const stylesheet = `
:root{color-scheme:light dark;--paper:#f5f4f0;--card:#fff;--ink:#1d1c19;--quiet:#605d56;--line:#dedbd3;--good:#11605a;--bad:#a3270f}
@media (prefers-color-scheme:dark){:root{--paper:#141311;--card:#1e1d1a;--ink:#edebe5;--quiet:#aeaaa0;--line:#38362f;--good:#7ed3c7;--bad:#ff9f8a}}
*{box-sizing:border-box}
body{margin:0;padding:clamp(1rem,5vh,3rem) 1rem 2rem;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:48rem;margin:auto}
h1{margin:0 0 .25rem;font-size:1.5rem;line-height:1.25}
h2{margin:0;font-size:1.125rem}
h3{margin:1.25rem 0 .25rem;font-size:1rem;overflow-wrap:anywhere}
p{margin:.25rem 0}
section{margin:1rem 0;padding:1rem 1.25rem;background:var(--card);border:1px solid var(--line);border-left-width:.375rem;border-radius:.625rem}
section.good{border-left-color:var(--good)}
section.bad{border-left-color:var(--bad)}
.quiet{color:var(--quiet)}
.good b{color:var(--good)}
.bad b,dd.bad{color:var(--bad)}
dl{margin:.75rem 0 0}
dl div{display:grid;grid-template-columns:11rem 1fr;gap:0 1rem;padding:.3rem 0;border-top:1px solid var(--line)}
dt{color:var(--quiet)}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
@media (max-width:30rem){dl div{grid-template-columns:1fr}}
`
const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(stylesheet).digest("base64")}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

function pageOf(health: HealthReport, now: number): string {
  const { status, name, version, phase, uptimeSeconds, troubles, dependencies } = health
  const parts = Object.entries(dependencies).map(([each, report]) => ({
    name: each,
    report,
    troubles: troubles.filter(({ dependency }) => dependency === each),
  }))
  const ailing = new Set(troubles.map(({ dependency }) => dependency))
  const headline = status === "ok" ? "all is well" : `trouble with ${[...ailing].join(", ")}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(`${name}: ${headline}`)}</title>
<link rel="icon" href="data:,">
<style>${stylesheet}</style>
</head>
<body>
<main>
<h1>${text(name)}</h1>
<p class="${status === "ok" ? "good" : "bad"}"><b>${text(headline.charAt(0).toUpperCase() + headline.slice(1))}</b></p>
<p class="quiet">Version ${text(version)}, ${text(phase)}, running for ${text(duration(uptimeSeconds))}. Asked at ${text(clock(now))}.</p>
${parts.map((part) => sectionOf(part, now)).join("\n")}
<p class="quiet">This page does not renew itself. The same as JSON: <code>curl</code> this address. Figures over time: <code>/metrics</code>.</p>
</main>
</body>
</html>
`
}

interface Part {
  name: string
  report: DependencyReport
  troubles: readonly Trouble[]
}

const storyOf = ({ reason, since }: Outage, now: number): string => `${reason} since ${time(since, now)}`

function sectionOf({ name, report, troubles }: Part, now: number): string {
  const { state: _state, since: _since, lastError, ...facts } = report
  const last = lastError && {
    "last error": `${[lastError.code ?? lastError.type, lastError.message].filter(Boolean).join(": ")}, at ${timeOf(lastError.at, now)}`,
  }
  return `<section class="${troubles.length === 0 ? "good" : "bad"}" aria-label="${text(name)}">
<h2>${text(name)}</h2>
${stateOf(report, troubles, now)}
${factsOf({ ...facts, ...last }, now)}
</section>`
}

/** A check runs when somebody looks, so that what it says began when it was first seen; an outage within knows its own beginning. */
function stateOf({ state, since }: DependencyReport, troubles: readonly Trouble[], now: number): string {
  if (state === "up" && troubles.length > 0) {
    const stories = troubles.map((trouble) => `${trouble.reason} since ${timeOf(trouble.since, now)}`)
    return `<p><b>trouble</b>: ${text(stories.join("; "))}</p>`
  }
  const why = troubles.map(({ reason }) => `: ${text(reason)}`).join("")
  return `<p><b>${text(state)}</b>${why} <span class="quiet">seen since ${text(timeOf(since, now))}</span></p>`
}

/** Facts in a list; what has parts of its own comes after it. */
function factsOf(facts: Record<string, unknown>, now: number): string {
  const plain: string[] = []
  const nested: string[] = []
  for (const [name, value] of Object.entries(facts)) {
    const items = Array.isArray(value) ? value.filter(isRecord) : []
    if (items.length > 0) nested.push(...items.map((item) => groupOf(name, item, now)))
    else plain.push(factOf(name, value, now))
  }
  return `<dl>${plain.join("")}</dl>${nested.join("")}`
}

/** One of several, such as a server: named by its first fact. */
function groupOf(name: string, item: Record<string, unknown>, now: number): string {
  const [[, title] = ["", ""], ...others] = Object.entries(item)
  return `<h3>${text(`${words(name).replace(/s$/, "")} ${shown(name, title, now)}`)}</h3>${factsOf(Object.fromEntries(others), now)}`
}

const factOf = (name: string, value: unknown, now: number): string =>
  `<div><dt>${text(labelOf(name))}</dt><dd${isOutage(value) ? ' class="bad"' : ""}>${text(shown(name, value, now))}</dd></div>`

const labelOf = (name: string): string => words(name.replace(/(Ms|Seconds)$/, ""))

const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

function shown(name: string, value: unknown, now: number): string {
  if (value === null || value === undefined) return "none"
  if (typeof value === "boolean") return value ? "yes" : "no"
  if (typeof value === "number") return numberOf(name, value, now)
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map((each) => shown(name, each, now)).join(", ")
  if (isOutage(value)) return storyOf(value, now)
  if (!isRecord(value)) return String(value)
  if (typeof value["why"] === "string") return `${value["name"]}: ${value["why"]}`
  return Object.entries(value)
    .map(([part, each]) => `${labelOf(part)} ${shown(unitOf(name, part), each, now)}`)
    .join(", ")
}

/** A part is in the unit of the whole: `lagSeconds: { last, max }`. */
const unitOf = (whole: string, part: string): string => (whole.endsWith("Seconds") ? `${part}Seconds` : part)

function numberOf(name: string, value: number, now: number): string {
  if (/(^since|At)$/.test(name)) return time(value, now)
  if (name.endsWith("Ms")) return `${value} ms`
  return name.endsWith("Seconds") ? `${Math.round(value * 1000) / 1000} s` : value.toLocaleString("en")
}

const clock = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`

const timeOf = (iso: string, now: number): string => time(Date.parse(iso) / 1000, now)

const time = (seconds: number, now: number): string => `${clock(seconds)} (${duration(now - seconds)} ago)`

/** The two largest units. */
function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const units = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ] as const
  const first = units.findIndex(([count]) => count > 0)
  if (first < 0) return "0 s"
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ")
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

/** Nothing stands in the page that did not come through here. */
const text = (value: string): string => value.replace(/[&<>"']/g, (character) => entities[character] ?? "")
