import { once } from "node:events"
import { connect } from "node:net"
import { sendRaw } from "@gatehouse/test-kit"
import type { FastifyInstance } from "fastify"
import { afterEach, describe, expect, it } from "vitest"
import { type AppOptions, createApp } from "../src/index.ts"
import { recordedLog } from "./log-lines.ts"
import { listening, requestText, statusOf } from "./request-text.ts"

const apps: FastifyInstance[] = []
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

async function start(options: AppOptions = {}) {
  const app = createApp(options)
  apps.push(app)
  app.get("/mcp", async (request) => ({ ip: request.ip, host: request.host, protocol: request.protocol }))
  app.post("/token", async () => ({ ok: true }))
  app.delete("/mcp", async () => ({ ok: true }))
  app.get("/clients/:id", async () => ({ ok: true }))
  app.get("/page", async (_request, reply) => reply.type("text/html").send("<p>"))
  const port = await listening(app)
  const get = (target: string, init?: Parameters<typeof requestText>[1]) => sendRaw(port, requestText(target, init))
  return { app, port, get }
}

describe("OAuth services: one resource has one spelling", () => {
  it.each(["//mcp", "/mcp/", "/%6dcp", "/MCP", "/mcp;x", "/mcp/../mcp", "/%2fmcp", "/mcp%20"])(
    "B11 answers 404 to %s",
    async (target) => {
      const { get } = await start()
      expect(statusOf(await get(target))).toBe(404)
    },
  )

  it("B11 serves /mcp, /mcp?x and HEAD", async () => {
    const { get } = await start()
    expect(statusOf(await get("/mcp"))).toBe(200)
    expect(statusOf(await get("/mcp?x"))).toBe(200)
    const head = await get("/mcp", { method: "HEAD" })
    expect(statusOf(head)).toBe(200)
    expect(head.split("\r\n\r\n")[1]).toBe("")
  })

  it.each(["http://evil.test/mcp", "http://127.0.0.1/mcp", "/mcp#x", "mcp"])(
    "O5 answers 400 to the target %s",
    async (target) => {
      const { get } = await start()
      expect(statusOf(await get(target))).toBe(400)
    },
  )

  it("O5 answers 400 to two Host headers, in either order, and to none", async () => {
    const { port, get } = await start()
    expect(statusOf(await get("/mcp", { headers: ["Host: 127.0.0.1", "Host: evil.test"] }))).toBe(400)
    expect(statusOf(await get("/mcp", { headers: ["Host: evil.test", "host: 127.0.0.1"] }))).toBe(400)
    expect(statusOf(await sendRaw(port, "GET /mcp HTTP/1.1\r\nConnection: close\r\n\r\n"))).toBe(400)
  })

  it("answers 400 to a path that cannot be decoded, without an echo", async () => {
    const { get } = await start()
    const answer = await get("/clients/%ZZsecret")
    expect(statusOf(answer)).toBe(400)
    expect(answer).not.toContain("secret")
    expect(answer).toContain("nosniff")
  })
})

describe("OAuth services: the peer and the host", () => {
  const forwarded = ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Host: evil.test", "X-Forwarded-Proto: https"]

  it("X8 ignores a forged X-Forwarded-For from an untrusted peer", async () => {
    for (const trustedProxies of [[], ["10.0.0.0/8"]]) {
      const { get } = await start({ trustedProxies })
      const answer = await get("/mcp", { headers: forwarded })
      expect(answer).toContain('"ip":"127.0.0.1"')
    }
  })

  it("X8 believes a trusted proxy, and only about what it saw itself", async () => {
    const { get } = await start({ trustedProxies: ["127.0.0.0/8"] })
    expect(await get("/mcp", { headers: forwarded })).toContain('"ip":"203.0.113.7"')
    expect(await get("/mcp", { headers: ["X-Forwarded-For: 6.6.6.6, 203.0.113.7"] })).toContain('"ip":"203.0.113.7"')
  })

  it("A20 M1 takes neither host nor scheme from X-Forwarded-*, not even of a trusted proxy", async () => {
    const { get } = await start({ trustedProxies: ["127.0.0.0/8"] })
    const answer = await get("/mcp", { headers: forwarded })
    expect(answer).toContain('"host":"127.0.0.1"')
    expect(answer).toContain('"protocol":"http"')
  })
})

describe("OAuth services: methods", () => {
  it("V11 L8 answers 405 with Allow to a known path with another method", async () => {
    const { get } = await start()
    const answer = await get("/token")
    expect(statusOf(answer)).toBe(405)
    expect(answer).toMatch(/^allow: POST\r$/im)
    expect(await get("/mcp", { method: "PUT", headers: ["Content-Type: text/plain"], body: "x" })).toMatch(
      /405[\s\S]*^allow: DELETE, GET, HEAD\r$/im,
    )
    expect(statusOf(await get("/clients/7", { method: "DELETE" }))).toBe(405)
  })

  it("Y4 answers 404 without an echo, whatever the body", async () => {
    const { get } = await start()
    const answer = await get("/planted-path?code=planted", {
      method: "POST",
      headers: ["Content-Type: text/odd"],
      body: "planted",
    })
    expect(statusOf(answer)).toBe(404)
    expect(answer).toContain('{"error":"not_found"}')
    expect(answer).not.toContain("planted")
  })
})

describe("OAuth services: exhaustion", () => {
  const json = "Content-Type: application/json"

  it("X2 answers 413, 415, 400 and 431 without saying why in the sender's words", async () => {
    const { get } = await start()
    const post = (headers: string[], body: string) => get("/token", { method: "POST", headers, body })
    expect(statusOf(await post([json], `"${"x".repeat(65 * 1024)}"`))).toBe(413)
    expect(statusOf(await post([json, "Content-Encoding: gzip"], "x"))).toBe(415)
    expect(statusOf(await post(["Content-Type: text/odd"], "x"))).toBe(415)
    const malformed = await post([json], '{"planted')
    expect(statusOf(malformed)).toBe(400)
    expect(malformed).toContain('{"error":"invalid_request"}')
    expect(statusOf(await post([json], '{"__proto__":{"x":1}}'))).toBe(400)
    const deep = `${"[".repeat(32_000)}${"]".repeat(32_000)}`
    expect([200, 400]).toContain(statusOf(await post([json], deep)))
    const big = await get("/mcp", { headers: [`X-Big: ${"x".repeat(20_000)}`] })
    expect(statusOf(big)).toBe(431)
    expect(big).toContain("nosniff")
  })

  it("X2 lets a route choose its own body limit", async () => {
    const { get } = await start({ bodyLimitBytes: 10 })
    expect(statusOf(await get("/token", { method: "POST", headers: [json], body: '"0123456789"' }))).toBe(413)
  })

  it("X1 closes connections that send nothing, half a header, or half a body", { timeout: 30_000 }, async () => {
    const { port } = await start()
    const started = Date.now()
    const body = "POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n1"
    const answers = await Promise.all(
      ["", "GET /mcp HTTP/1.1\r\nHost: a\r\n", body].map((text) => sendRaw(port, text, { timeoutMs: 20_000 })),
    )
    expect(Date.now() - started).toBeLessThan(14_000)
    expect(answers.map(statusOf)).toEqual([408, 408, 408])
  })
})

describe("OAuth services: headers and faults", () => {
  it("sends nosniff and no-referrer always, a CSP that forbids everything with JSON, and leaves a page its own", async () => {
    const { get } = await start()
    for (const target of ["/mcp", "/nothing", "/token", "/page"]) {
      const answer = await get(target)
      expect(answer).toMatch(/^x-content-type-options: nosniff\r$/m)
      expect(answer).toMatch(/^referrer-policy: no-referrer\r$/m)
      expect(/^content-security-policy: default-src 'none'; frame-ancestors 'none'\r$/m.test(answer)).toBe(
        target !== "/page",
      )
    }
  })

  it("Y2 Y4 answers 500 without a message, and logs the error without what is attached to it", async () => {
    const { log, text, entries } = recordedLog()
    const app = createApp({ log })
    apps.push(app)
    app.get("/fails", async () => {
      const cause = Object.assign(new SyntaxError("Unexpected token in planted-json"), { config: { planted: 1 } })
      throw Object.assign(new Error("the store failed", { cause }), {
        code: "ESTORE",
        headers: { "x-planted": "planted" },
        request: { headers: { authorization: "planted" } },
        config: { data: "planted" },
      })
    })
    const port = await listening(app)
    const answer = await sendRaw(port, requestText("/fails"))
    expect(statusOf(answer)).toBe(500)
    expect(answer).toContain('{"error":"server_error"}')
    expect(answer).not.toMatch(/planted|store/)
    expect(text()).not.toContain("planted")
    const logged = entries().find((entry) => entry["err"])
    expect(logged?.["err"]).toMatchObject({
      type: "Error",
      code: "ESTORE",
      message: "the store failed",
      cause: { type: "SyntaxError" },
    })
  })

  it("lets a service translate its own errors and answers the rest", async () => {
    const app = createApp({
      answerError: (error, _request, reply) => (error instanceof RangeError ? reply.code(418).send({}) : undefined),
    })
    apps.push(app)
    app.get("/own", async () => {
      throw new RangeError("own")
    })
    app.get("/other", async () => {
      throw new Error("other")
    })
    expect((await app.inject("/own")).statusCode).toBe(418)
    expect((await app.inject("/other")).statusCode).toBe(500)
  })
})

describe("OAuth services: the request log", () => {
  it("Y1 Y7 Y8 has one line a request: method, route template, status, time and id, and nothing that was sent", async () => {
    const { log, lines, entries, text } = recordedLog()
    const { get, port } = await start({ log })
    const before = lines.length
    await get("/clients/planted1?code=planted2", {
      headers: [
        "Authorization: Bearer planted3",
        "User-Agent: planted4",
        "X-Request-Id: planted5",
        "Accept-Version: planted6",
      ],
    })
    await get("/planted7", { headers: ["Cookie: planted8"] })
    await get("/token", { method: "POST", headers: ["Content-Type: application/json"], body: '{"code":"planted9' })
    await get("/token", { method: "POST", headers: ["Content-Type: planted/10"], body: "x" })
    await get("/clients/%ZZplanted11")
    await sendRaw(port, "planted12\r\n\r\n")
    expect(text()).not.toContain("planted")
    const requests = entries()
      .slice(before)
      .filter((entry) => entry["msg"] === "request")
    expect(requests.map(({ method, route, status }) => [method, route, status])).toEqual([
      ["GET", "/clients/:id", 200],
      ["GET", "none", 404],
      ["POST", "/token", 400],
      ["POST", "/token", 415],
      ["GET", "none", 400],
    ])
    expect(requests[0]?.["request_id"]).toMatch(/^[0-9a-f-]{36}$/)
    expect(requests[0]?.["ms"]).toBeGreaterThanOrEqual(0)
  })

  it("tells an aborted request from an answered one", async () => {
    const { log, entries } = recordedLog()
    const app = createApp({ log })
    apps.push(app)
    const { promise, resolve } = Promise.withResolvers<void>()
    app.get("/slow", async () => {
      await promise
      return {}
    })
    const port = await listening(app)
    const socket = connect(port, "127.0.0.1", () => socket.write(requestText("/slow")))
    await once(app.server, "request")
    socket.destroy()
    await once(socket, "close")
    await expect.poll(() => entries().find((entry) => entry["aborted"])).toMatchObject({ route: "/slow" })
    resolve()
  })
})
