/** Section M of the refusals: Host, Origin, CORS. */
import { describe, expect, it } from "vitest"
import { bearer, openSession } from "./messages.ts"
import { sendBytes } from "./raw.ts"
import { startService } from "./service.ts"

const METADATA = "/.well-known/oauth-protected-resource"
const routes = [
  { method: "GET", target: "/mcp" },
  { method: "POST", target: "/mcp" },
  { method: "DELETE", target: "/mcp" },
  { method: "OPTIONS", target: "/mcp" },
  { method: "GET", target: METADATA },
  { method: "GET", target: `${METADATA}/mcp` },
  { method: "GET", target: "/.well-known/oauth-authorization-server" },
  { method: "GET", target: "/" },
]
const onEndpoint = routes.filter(({ target }) => target === "/mcp")
const elsewhere = routes.filter(({ target }) => target !== "/mcp")

const rebound = ["evil.test", "evil.test:80", "127.0.0.1.evil.test", "localhost.", "127.0.0.1:1"]
const malformed = ["evil@localhost", "127.0.0.1:99999", "a b", "localhost/", "[::1"]

describe.each(routes)("OAuth service behind one Host, $method $target", ({ method, target }) => {
  it.each(rebound)("O5 O6 answers 421 to the Host %s, whatever the token", async (host) => {
    const service = await startService()
    const headers = [`Authorization: Bearer ${service.token()}`]
    const { status, headers: answered } = await sendBytes(service, { method, target, host, headers })
    expect(status).toBe(421)
    expect(answered).not.toContain("evil.test")
    expect(service.introspections()).toBe(0)
  })

  it.each(malformed)("O5 answers 400 to the Host %j", async (host) => {
    const service = await startService()
    expect((await sendBytes(service, { method, target, host })).status).toBe(400)
  })

  it("O5 answers 400 to two Host headers, and to a target in absolute form", async () => {
    const service = await startService()
    expect((await sendBytes(service, { method, target, headers: ["Host: evil.test"] })).status).toBe(400)
    expect((await sendBytes(service, { method, target: `http://evil.test${target}` })).status).toBe(400)
  })

  it("serves the hosts of BASE_URI and of ALLOWED_HOSTS, in any case, and this machine's other names", async () => {
    const service = await startService()
    for (const host of [`LOCALHOST:${service.port}`, `[::1]:${service.port}`, "MCP.internal:8080"])
      expect([200, 204, 401]).toContain((await sendBytes(service, { method, target, host })).status)
  })
})

describe.each(onEndpoint)("OAuth and web origins, $method $target", ({ method, target }) => {
  it.each(["https://evil.test", "null", "https://app.test.evil.test", "https://app.test:8443", "http://app.test", ""])(
    "O1 O2 answers 403 to the Origin %j, before it looks at the token",
    async (origin) => {
      const service = await startService()
      const headers = [`Origin: ${origin}`, `Authorization: Bearer ${service.token()}`]
      const { status, headers: answered } = await sendBytes(service, { method, target, headers })
      expect(status).toBe(403)
      expect(answered).not.toContain("access-control-allow-origin")
      expect(service.introspections()).toBe(0)
    },
  )

  it("serves allowed origins, and says so to the browser", async () => {
    const service = await startService()
    for (const origin of ["https://app.test", service.origin, "http://localhost:6274"]) {
      const { status, headers } = await sendBytes(service, { method, target, headers: [`Origin: ${origin}`] })
      expect(status).toBe(method === "OPTIONS" ? 204 : 401)
      expect(headers).toContain(`access-control-allow-origin: ${origin}`)
      expect(headers).toContain("access-control-expose-headers: www-authenticate, mcp-session-id, retry-after")
      expect(headers).toContain("vary: origin")
    }
  })
})

describe("OAuth and web origins, the service in public", () => {
  it("allows no loopback origin and no loopback host", async () => {
    const service = await startService({ config: { baseUri: "https://mcp.example.com" } })
    const host = "mcp.example.com"
    const withOrigin = (origin: string) =>
      sendBytes(service, { method: "POST", host, headers: [`Origin: ${origin}`] }).then(({ status }) => status)
    expect(await withOrigin("http://localhost:6274")).toBe(403)
    expect(await withOrigin("https://mcp.example.com")).toBe(401)
    expect((await sendBytes(service, { method: "POST", host: "mcp.example.com:443" })).status).toBe(401)
    expect((await sendBytes(service, { method: "POST" })).status).toBe(421)
  })
})

describe.each(elsewhere)("OAuth and web origins, $method $target", ({ method, target }) => {
  it("is public: any page may read it", async () => {
    const service = await startService()
    const { status, headers } = await sendBytes(service, { method, target, headers: ["Origin: https://evil.test"] })
    expect(status).toBe(200)
    if (target !== "/") expect(headers).toContain("access-control-allow-origin: *")
  })
})

describe("OAuth and web origins, browsers", () => {
  it("O3 serves a request without Origin: it is no browser's", async () => {
    const service = await startService()
    expect(await openSession(service.url, service.token())).not.toBe("")
  })

  it("O8 answers a preflight without a token: 204 with methods and headers", async () => {
    const service = await startService()
    const answer = await fetch(service.url, {
      method: "OPTIONS",
      headers: {
        origin: "https://app.test",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, mcp-param-region, x-evil",
      },
    })
    expect(answer.status).toBe(204)
    expect(answer.headers.get("access-control-allow-methods")).toBe("GET, POST, DELETE")
    const allowed = answer.headers.get("access-control-allow-headers")?.toLowerCase()
    for (const header of ["authorization", "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-param-region"])
      expect(allowed).toContain(header)
    expect(allowed).not.toContain("x-evil")
  })

  it("O9 answers 415 to a body that needs no preflight", async () => {
    const service = await startService()
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"]) {
      const headers = { ...bearer(service.token()), "content-type": type }
      const answer = await fetch(service.url, {
        method: "POST",
        headers,
        body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      })
      expect(answer.status).toBe(415)
    }
  })

  it("answers an allowed page with readable headers on 200 too, streams included", async () => {
    const service = await startService()
    const token = service.token()
    const session = await openSession(service.url, token)
    const headers = {
      ...bearer(token),
      origin: "https://app.test",
      accept: "text/event-stream",
      "mcp-session-id": session,
    }
    const answer = await fetch(service.url, { headers })
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://app.test")
    await answer.body?.cancel()
  })
})
