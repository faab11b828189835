import { sendRaw } from "@gatehouse/test-kit"
import { describe, expect, it, onTestFinished } from "vitest"
import { createApp, type HealthCheck, startServiceKit } from "../src/index.ts"
import { requestText, statusOf } from "./request-text.ts"

const browser = {
  headers: ["Host: localhost", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
}

async function startKit(checks: Record<string, HealthCheck>) {
  const kit = await startServiceKit("gatehouse-kit", {
    logLevel: "silent",
    managementHost: "127.0.0.1",
    managementPort: 0,
    version: "1.2.3",
  })
  onTestFinished(() => kit.shutdown("test"))
  for (const [name, check] of Object.entries(checks)) kit.reportHealth(name, check)
  await kit.serve(createApp(), { host: "127.0.0.1", port: 0 })
  const port = Number(new URL(kit.managementUrl ?? "").port)
  return { ask: (options: Parameters<typeof requestText>[1]) => sendRaw(port, requestText("/health", options)) }
}

const validation = (outage: object | null) => ({
  servers: [
    {
      issuer: "https://auth.test",
      strategy: { name: "hybrid", why: "its access tokens are JWTs and we may introspect" },
      outage,
      circuit: outage ? "open" : "closed",
      cached: 12_345,
      keys: { keys: 2, readAt: Date.now() / 1000 - 90, lastError: null },
    },
  ],
  lagSeconds: { last: 0.00123, max: null },
})

describe("OAuth services: the status page", () => {
  it("is for browsers; everybody else gets JSON", async () => {
    const { ask } = await startKit({})
    const page = await ask(browser)
    expect(statusOf(page)).toBe(200)
    expect(page).toContain("content-type: text/html; charset=utf-8\r\n")
    for (const accept of [undefined, "*/*", "application/json", "application/json, text/html;q=0.5"]) {
      const answer = await ask({ headers: ["Host: localhost", ...(accept === undefined ? [] : [`Accept: ${accept}`])] })
      expect(answer).toContain("content-type: application/json")
    }
  })

  it("O6 is refused to a foreign Host, as everything on this port", async () => {
    const { ask } = await startKit({})
    expect(statusOf(await ask({ headers: ["Host: evil.test", "Accept: text/html"] }))).toBe(403)
  })

  it("runs no script, loads nothing, sends no form and is framed by nobody", async () => {
    const { ask } = await startKit({ store: () => ({ kind: "redis" }) })
    const page = await ask(browser)
    const policy = /^content-security-policy: (.*)\r$/m.exec(page)?.[1]
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    )
    expect(page).toContain("cache-control: no-store\r\n")
    expect(page).not.toMatch(/<script|<form|https?:\/\/|style=|onload/i)
  })

  it("says that all is well, what runs, how tokens are validated and why, and what is in the caches", async () => {
    const { ask } = await startKit({ "token validation": () => validation(null) })
    const page = await ask(browser)
    expect(page).toContain("<b>All is well</b>")
    expect(page).toContain("Version 1.2.3, ready, running for ")
    expect(page).toContain("<h3>server https://auth.test</h3>")
    for (const fact of [
      "<dt>strategy</dt><dd>hybrid: its access tokens are JWTs and we may introspect</dd>",
      "<dt>outage</dt><dd>none</dd>",
      "<dt>circuit</dt><dd>closed</dd>",
      "<dt>cached</dt><dd>12,345</dd>",
      "<dt>lag</dt><dd>last 0.001 s, max none</dd>",
    ])
      expect(page).toContain(fact)
    expect(page).toMatch(/<dt>keys<\/dt><dd>keys 2, read at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(1 min 3\d s ago\)/)
  })

  it("says of an outage within: its reason, and since when", async () => {
    const since = Math.floor(Date.now() / 1000) - 3_700
    const { ask } = await startKit({ "token validation": () => validation({ reason: "timeout", since }) })
    const page = await ask(browser)
    expect(page).toContain("<title>gatehouse-kit: trouble with token validation</title>")
    const clock = new Date(since * 1000).toISOString().slice(0, 19).replace("T", " ")
    expect(page).toContain(`<b>trouble</b>: timeout since ${clock} UTC (1 h 1 min ago)`)
  })

  it("says what is down, why, and since when it was first seen so, and keeps the last error when it is over", async () => {
    let down = true
    const { ask } = await startKit({
      store: () => {
        if (down) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })
        return { kind: "redis", warnings: [] }
      },
    })
    const since = (page: string) => /seen since (\S+ \S+) UTC/.exec(page)?.[1]
    const first = await ask(browser)
    expect(first).toContain("<b>down</b>: connect ECONNREFUSED")
    expect(since(first)).toBeDefined()
    expect(since(await ask(browser))).toBe(since(first))
    down = false
    const page = await ask(browser)
    expect(page).toContain("<b>All is well</b>")
    expect(page).toContain("<dt>last error</dt><dd>ECONNREFUSED: connect ECONNREFUSED, at ")
    expect(page).toContain("<dt>warnings</dt><dd>none</dd>")
  })

  it("takes everything for text", async () => {
    const evil = `<img src=x onerror="alert('1')">&amp;`
    const { ask } = await startKit({
      [evil]: () => ({ [evil]: evil, list: [evil], parts: { [evil]: evil }, items: [{ [evil]: evil, other: evil }] }),
      other: () => {
        throw new Error(evil)
      },
    })
    const page = await ask(browser)
    expect(page).not.toContain("<img")
    expect(page).not.toContain("&amp;amp;amp;")
    expect(page).toContain("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;")
  })
})
