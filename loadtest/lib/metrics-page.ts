/** What the MCP service says about itself on its metrics pages, where a script may read them. */
import { fail } from "k6"
import http from "k6/http"
import { METRICS_URLS } from "./settings.ts"

/** The sum of a metric over its labels and over all replicas; undefined when no page was named. */
export function readMetric(name: string): number | undefined {
  if (METRICS_URLS.length === 0) return undefined
  const samples = METRICS_URLS.flatMap((url) => {
    const page = http.get(url, { tags: { name: "metrics page" }, timeout: "10s" })
    if (page.status !== 200) fail(`${url}: ${page.status} ${page.error}`)
    return String(page.body)
      .split("\n")
      .flatMap((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `) ? [sampleOf(line)] : []))
  })
  return samples.reduce((sum, value) => sum + value, 0)
}

/** An exemplar may stand behind it. */
const sampleOf = (line: string): number => Number(/^[^{ ]+(?:\{.*?\})? ([^ ]+)/.exec(line)?.[1])
