/** Section J of the refusals: how the access token is read, on every method of the endpoint. */
import { describe, expect, it } from "vitest"
import { initializeParams, sendLegacy, sendModern } from "./messages.ts"
import { type RawRequest, sendBytes } from "./raw.ts"
import { type Service, startService } from "./service.ts"

const methods = ["GET", "POST", "DELETE"]
/** What each method gets once it is past the guard: no session is named, so none is served, but nothing is refused for its token. */
const ADMITTED = 400

const challengeOf = (headers: string) => /www-authenticate: (.*)/.exec(headers)?.[1]?.trim()
const bare = ({ origin }: Service) =>
  `bearer scope="mcp", resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`

describe.each(methods)("OAuth bearer token, %s /mcp", (method) => {
  const send = (service: Service, request: RawRequest) => sendBytes(service, { method, ...request })

  it("B1 answers a bare challenge without a token: no error, where the metadata is, what scope", async () => {
    const service = await startService()
    const { status, headers, body } = await send(service, {})
    expect(status).toBe(401)
    expect(challengeOf(headers)).toBe(bare(service))
    expect(JSON.parse(body)).toMatchObject({ error: "invalid_token" })
  })

  it.each(["Bearer", "Bearer ", "Basic x", "Token x"])("B2 answers a bare challenge to %j", async (value) => {
    const service = await startService()
    const { status, headers } = await send(service, { headers: [`Authorization: ${value}`] })
    expect(status).toBe(401)
    expect(challengeOf(headers)).toBe(bare(service))
  })

  it.each(["bearer ", "BEARER ", "Bearer   "])("B3 accepts %j", async (scheme) => {
    const service = await startService()
    const { status } = await send(service, { headers: [`Authorization: ${scheme}${service.token()}`] })
    expect(status).toBe(ADMITTED)
  })

  it("B5 refuses two Authorization headers in either order, and asks nobody", async () => {
    const service = await startService()
    const [valid, other] = [`Authorization: Bearer ${service.token()}`, "authorization: Bearer other"]
    for (const headers of [
      [valid, other],
      [other, valid],
    ]) {
      const { status, body } = await send(service, { headers })
      expect(status).toBe(400)
      expect(JSON.parse(body)).toMatchObject({ error: "invalid_request" })
    }
    expect(service.introspections()).toBe(0)
  })

  it("B6 refuses two credentials in one header", async () => {
    const service = await startService()
    const { status } = await send(service, { headers: [`Authorization: Bearer ${service.token()}, Bearer B`] })
    expect(status).toBe(400)
  })

  it("B8 takes no token from query, form, cookie or body", async () => {
    const service = await startService()
    const token = service.token()
    const places: RawRequest[] = [
      { target: `/mcp?access_token=${token}` },
      { headers: [`Cookie: access_token=${token}; token=${token}`] },
      { headers: ["Content-Type: application/x-www-form-urlencoded"], body: `access_token=${token}` },
      { body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", access_token: token }) },
    ]
    for (const place of places) expect((await send(service, place)).status).toBe(401)
    expect(service.introspections()).toBe(0)
  })

  it.each([
    ["8 kB and more", "a".repeat(8200), 401],
    ["20 kB", "a".repeat(20_000), 431],
    ["an emoji", "t😀ken", 401],
    ["a quote", 'to"ken', 401],
    ["a path with a space", "../ ../etc", 401],
  ])("B9 refuses a token of %s and asks nobody", async (_what, token, expected) => {
    const service = await startService()
    const { status } = await send(service, { headers: [`Authorization: Bearer ${token}`] })
    expect(status).toBe(expected)
    expect(service.introspections()).toBe(0)
  })

  it("B9 refuses a token with NUL", async () => {
    const service = await startService()
    const { status } = await send(service, { headers: ["Authorization: Bearer a\0b"] })
    expect([400, 401]).toContain(status)
    expect(service.introspections()).toBe(0)
  })

  it.each(["//mcp", "/mcp/", "/%6dcp", "/MCP", "/mcp;x", "/mcp?x", "/mcp#x"])(
    "B11 never serves %s without a token",
    async (target) => {
      const service = await startService()
      expect([400, 401, 404]).toContain((await send(service, { target })).status)
    },
  )

  it.each([
    "User-Agent: kube-probe/1.30",
    "X-Forwarded-Uri: /healthz",
    "X-Original-URL: /healthz",
    "X_Forwarded_User: alice",
    "X-User-Id: alice",
    "X-Auth-Subject: alice",
    "mcp-init-host: 10.0.0.1",
    "router-key: alice",
  ])("B12 B13 is not impressed by %s", async (header) => {
    const service = await startService()
    expect((await send(service, { headers: [header] })).status).toBe(401)
  })

  it("U1 U3 refuses a token for another resource, and one for none", async () => {
    const service = await startService()
    for (const aud of ["https://other.test/mcp", `${service.origin}/`, undefined, []]) {
      const { status, headers } = await send(service, { headers: [`Authorization: Bearer ${service.token({ aud })}`] })
      expect(status).toBe(401)
      expect(challengeOf(headers)).toContain('error="invalid_token"')
    }
  })

  it("U4 accepts an audience of several, and refuses one that is not all text", async () => {
    const service = await startService()
    const statusFor = async (aud: unknown) =>
      (await send(service, { headers: [`Authorization: Bearer ${service.token({ aud })}`] })).status
    expect(await statusFor(["https://other.test", service.url])).toBe(ADMITTED)
    expect(await statusFor([service.url, 5])).toBe(401)
    expect(await statusFor([[service.url]])).toBe(401)
  })

  it.each([undefined, "", "unknown"])("E8 refuses a token whose subject is %j", async (sub) => {
    const service = await startService()
    const { status } = await send(service, { headers: [`Authorization: Bearer ${service.token({ sub })}`] })
    expect(status).toBe(401)
  })

  it("E8 refuses an expired, an inactive and an unknown token with a reason that names no token", async () => {
    const service = await startService()
    for (const token of [
      service.token({ exp: service.clock.now() - 60 }),
      service.token({ active: false }),
      "unheard-of",
    ]) {
      const { status, headers, body } = await send(service, { headers: [`Authorization: Bearer ${token}`] })
      expect(status).toBe(401)
      expect(challengeOf(headers)).toContain('error="invalid_token", error_description="')
      expect(`${headers}${body}`).not.toContain(token)
    }
  })

  it("G1 answers 503 with Retry-After, and no challenge, when the token cannot be judged", async () => {
    const service = await startService()
    const token = service.token()
    service.breakAuthorizationServer()
    const { status, headers, body } = await send(service, { headers: [`Authorization: Bearer ${token}`] })
    expect(status).toBe(503)
    expect(headers).toMatch(/retry-after: [1-9]/)
    expect(challengeOf(headers)).toBeUndefined()
    expect(JSON.parse(body)).toMatchObject({ error: "temporarily_unavailable" })
  })

  it("S2 gives a token without a scope of ours no privileges, and says which scope would do", async () => {
    const service = await startService()
    for (const scope of [undefined, "", "openid email", "mcpx", "mcp-tools"]) {
      const { status, headers } = await send(service, {
        headers: [`Authorization: Bearer ${service.token({ scope })}`],
      })
      expect(status).toBe(403)
      expect(challengeOf(headers)).toContain('error="insufficient_scope"')
      expect(challengeOf(headers)).toContain('scope="mcp"')
      expect(challengeOf(headers)).toContain("resource_metadata=")
    }
  })
})

describe("OAuth bearer token, the endpoint's other methods and bodies", () => {
  it("B11 answers 405 to HEAD and PUT, with a token or without", async () => {
    const service = await startService()
    for (const method of ["HEAD", "PUT", "PATCH"])
      for (const headers of [[], [`Authorization: Bearer ${service.token()}`]])
        expect((await sendBytes(service, { method, headers })).status).toBe(405)
  })

  it("B16 refuses a batch and executes nothing of it", async () => {
    const service = await startService()
    const message = { jsonrpc: "2.0", id: 1, method: "initialize", params: initializeParams }
    for (const batch of [[message], [message, message], []]) {
      const answer = await sendLegacy(service.url, { token: service.token(), body: JSON.stringify(batch) })
      expect(answer.status).toBe(400)
      expect(answer.headers.get("mcp-session-id")).toBeNull()
    }
  })

  it("refuses the token before it reads the body", async () => {
    const service = await startService()
    const { status } = await sendBytes(service, {
      method: "POST",
      headers: ["Content-Length: 4000000"],
      body: "",
    })
    expect(status).toBe(401)
  })

  it("U7 leaves the token behind the guard: no tool can send it on", async () => {
    const service = await startService()
    const token = service.token()
    const answer = await sendModern(service.url, { token, method: "tools/call", params: { name: "whoami" } })
    expect(answer.status).toBe(200)
    expect(await answer.text()).not.toContain(token)
  })
})
