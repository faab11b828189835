/** GET /authorize: every check of the authorization request, and where its errors go. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Front, preRegistered, RESOURCE, startFront, startFrontWithout } from "./front.ts"
import { type Answer, authorizePath, codeChallenge, send, sendJson, Visitor } from "./visitor.ts"

let front: Front
let loopback: string
let site: string
beforeAll(async () => {
  front = await startFront()
  loopback = await clientOf("http://127.0.0.1/cb")
  site = await clientOf("https://app.test/cb")
})
afterAll(() => front.close())

async function clientOf(...redirectUris: string[]): Promise<string> {
  const { body } = await sendJson(front.port, "/register", { client_name: "App", redirect_uris: redirectUris })
  return JSON.parse(body).client_id
}

const get = (path: string, headers: Record<string, string> = {}) => send(front.port, { path, headers })
const az = (overrides: Record<string, string | undefined> = {}) => get(authorizePath(preRegistered.clientId, overrides))

function expectPage(answer: Answer, status = 400) {
  expect(answer.status).toBe(status)
  expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8")
  expect(answer.headers).not.toHaveProperty("location")
  expect(answer.headers).not.toHaveProperty("set-cookie")
}

function expectRedirect(answer: Answer, error: string, redirectUri = preRegistered.redirectUri) {
  expect(answer.status).toBe(303)
  expect(answer.headers.location?.startsWith(`${redirectUri}?`)).toBe(true)
  expect(answer.headers.location).not.toContain("#")
  expect(Object.fromEntries(answer.redirected)).toMatchObject({ error, state: "st1", iss: front.issuer })
  expect(answer.redirected.has("code")).toBe(false)
}

describe("OAuth authorization request: who asks", () => {
  it("A1 shows a page when the client is unknown, or not named", async () => {
    expectPage(await get(authorizePath("nope")))
    expectPage(await az({ client_id: undefined }))
  })

  it("A3 shows a page when two redirect URIs are registered and none is sent", async () => {
    const two = await clientOf("https://app.test/1", "https://app.test/2")
    expectPage(await get(authorizePath(two)))
    expect((await get(authorizePath(two, { redirect_uri: "https://app.test/2" }))).status).toBe(200)
    expect((await get(authorizePath(site))).status).toBe(200)
  })

  it("A4 lets only the port of a loopback redirect URI float", async () => {
    const asking = (redirect_uri: string) => get(authorizePath(loopback, { redirect_uri }))
    expect((await asking("http://127.0.0.1:51004/cb")).status).toBe(200)
    for (const other of [
      "http://127.0.0.1:51004/cb2",
      "http://127.0.0.1:51004/cb?x=1",
      "http://localhost:51004/cb",
      "https://127.0.0.1:9/cb",
      "http://127.0.0.1:5@evil.test/cb",
      "http://127.0.0.1:99999/cb",
      "http://127.0.0.1:51004/CB",
    ])
      expectPage(await asking(other))
  })

  it.each(["client_id", "redirect_uri"])("A8 shows a page when %s is sent twice", async (name) => {
    expectPage(await get(`${authorizePath(preRegistered.clientId)}&state=2&${name}=x&${name}=y`))
  })

  it("shows a page with 503 and Retry-After when the store does not answer, and never calls the client unknown", async () => {
    const down = await startFrontWithout("clients")
    const answer = await send(down.port, { path: authorizePath("any") })
    expectPage(answer, 503)
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0)
    await down.close()
  })
})

describe("OAuth authorization request: what is asked", () => {
  it("A5 answers a request without PKCE with invalid_request", async () => {
    expectRedirect(await az({ code_challenge: undefined, code_challenge_method: undefined }), "invalid_request")
    expectRedirect(await az({ code_challenge_method: "plain" }), "invalid_request")
    expectRedirect(await az({ code_challenge_method: undefined }), "invalid_request")
  })

  it.each([
    ["42 characters", codeChallenge.slice(1)],
    ["129 characters", "a".repeat(129)],
    ["padding", `${codeChallenge}=`],
    ["a plus", `+${codeChallenge.slice(1)}`],
    ["a slash", `/${codeChallenge.slice(1)}`],
  ])("A7 refuses a code_challenge with %s", async (_what, code_challenge) =>
    expectRedirect(await az({ code_challenge }), "invalid_request"),
  )

  it.each(["code_challenge", "scope", "response_type"])("A8 refuses %s sent twice", async (name) =>
    expectRedirect(await get(`${authorizePath(preRegistered.clientId)}&${name}=x&${name}=y`), "invalid_request"),
  )

  it("A8 refuses state sent twice, and repeats neither", async () => {
    const answer = await get(`${authorizePath(preRegistered.clientId)}&state=x`)
    expect(answer.redirected.get("error")).toBe("invalid_request")
    expect(answer.redirected.has("state")).toBe(false)
  })

  it("A10 answers another response_type in the query, nothing in a fragment", async () => {
    expectRedirect(await az({ response_type: undefined }), "invalid_request")
    for (const response_type of ["token", "code token", "id_token"])
      expectRedirect(await az({ response_type }), "unsupported_response_type")
  })

  it("A11 refuses response modes and request objects, and fetches nothing", async () => {
    for (const response_mode of ["fragment", "form_post", "web_message", "query.jwt"])
      expectRedirect(await az({ response_mode }), "invalid_request")
    expect((await az({ response_mode: "query" })).status).toBe(200)
    expectRedirect(await az({ request: "eyJ" }), "request_not_supported")
    expectRedirect(await az({ request_uri: "http://169.254.169.254/" }), "request_uri_not_supported")
  })

  it.each([
    "/mcp",
    "https://mcp.test/mcp#frag",
    "https://other.test",
    "https://mcp.test.evil/mcp",
    `${RESOURCE}/`,
    "mcp",
  ])("A13 refuses the resource %s", async (resource) => expectRedirect(await az({ resource }), "invalid_target"))

  it("A13 takes the resource in another spelling, and the only one when none is asked for", async () => {
    expect((await az({ resource: RESOURCE })).status).toBe(200)
    expect((await az({ resource: "HTTPS://MCP.test:443/mcp" })).body).toContain(RESOURCE)
    expect((await az()).body).toContain(RESOURCE)
  })

  it("A13 wants the resource named when there are several, and one at a time", async () => {
    const several = await startFront({ resources: [RESOURCE, "https://two.test/mcp"] })
    const answer = await send(several.port, { path: authorizePath(preRegistered.clientId) })
    expect(answer.redirected.get("error")).toBe("invalid_target")
    const both = `${authorizePath(preRegistered.clientId, { resource: RESOURCE })}&resource=https://two.test/mcp`
    expect((await send(several.port, { path: both })).redirected.get("error")).toBe("invalid_target")
    await several.close()
  })

  it("refuses a scope that is not known, malformed, or not the client's", async () => {
    expectRedirect(await az({ scope: "bogus" }), "invalid_scope")
    expectRedirect(await az({ scope: "mcp  mcp:tools" }), "invalid_scope")
    const metadata = { redirect_uris: ["http://localhost/cb"], scope: "mcp:tools" }
    const narrow = JSON.parse((await sendJson(front.port, "/register", metadata)).body).client_id
    expectRedirect(await get(authorizePath(narrow, { scope: "mcp" })), "invalid_scope", "http://localhost/cb")
    expect((await get(authorizePath(narrow, { scope: "mcp:tools" }))).status).toBe(200)
    const unasked = await get(authorizePath(narrow))
    expect(unasked.body).toContain("Run the server’s tools")
    expect(unasked.body).not.toContain("Use everything")
  })

  it("ignores what OpenID clients send along", async () => {
    expect((await az({ prompt: "none", nonce: "n", login_hint: "<b>x", max_age: "0", display: "page" })).status).toBe(
      200,
    )
  })
})

describe("OAuth authorization request: where errors go", () => {
  it("A14 redirects nobody unseen to the web site of a client that anyone could register", async () => {
    const answer = await get(authorizePath(site, { scope: "bogus" }))
    expectPage(answer)
    const link = /<a class="button" href="([^"]+)"/.exec(answer.body)?.[1]?.replaceAll("&amp;", "&") ?? ""
    expect(link.startsWith("https://app.test/cb?")).toBe(true)
    const told = Object.fromEntries(new URL(link).searchParams)
    expect(told).toMatchObject({ error: "invalid_scope", state: "st1", iss: front.issuer })
    const app = await clientOf("com.example.app:/cb")
    expectPage(await get(authorizePath(app, { scope: "bogus" })))
  })

  it("A14 shows the consent page for prompt=none", async () => {
    const answer = await get(authorizePath(site, { prompt: "none" }))
    expect(answer.status).toBe(200)
    expect(answer.headers).not.toHaveProperty("location")
  })

  it("A14 redirects at once where it stays on the person's machine, and for the operator's own clients", async () => {
    const redirect_uri = "http://127.0.0.1:51004/cb"
    expectRedirect(await get(authorizePath(loopback, { scope: "bogus", redirect_uri })), "invalid_scope", redirect_uri)
    expectRedirect(await az({ scope: "bogus" }), "invalid_scope")
  })

  it.each(["x&code=EVIL", "x#f", "a\r\nSet-Cookie: b=c", "é", "100% + 1", "a=b;c"])(
    "A15 repeats the state %j exactly once",
    async (state) => {
      const answer = await az({ state, scope: "bogus" })
      expect(answer.redirected.getAll("state")).toEqual([state])
      expect(answer.redirected.has("code")).toBe(false)
      expect(answer.headers).not.toHaveProperty("set-cookie")
      expect(answer.headers.location).not.toContain("#")
    },
  )

  it("A15 takes a state of 4096 characters, and answers invalid_request beyond", async () => {
    expect((await az({ state: "s".repeat(4096) })).status).toBe(200)
    const answer = await az({ state: "s".repeat(8192) })
    expect(answer.status).toBe(303)
    expect(answer.redirected.get("error")).toBe("invalid_request")
  })

  it("keeps the query of a redirect URI as it was registered", async () => {
    const uri = "http://localhost/cb?a=%7e&b="
    const answer = await get(authorizePath(await clientOf(uri), { scope: "bogus" }))
    expect(answer.headers.location?.startsWith(`${uri}&error=`)).toBe(true)
  })
})

describe("OAuth authorization endpoint", () => {
  it("A18 allows no origin to read it", async () => {
    for (const method of ["GET", "OPTIONS"]) {
      const headers = { origin: "https://evil.test", "access-control-request-method": "GET" }
      const answer = await send(front.port, { method, path: authorizePath(preRegistered.clientId), headers })
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([])
    }
  })

  it("A20 builds everything from its configuration, whatever the request says of hosts", async () => {
    const headers = { host: "evil.test", "x-forwarded-host": "evil.test", "x-forwarded-proto": "http" }
    const page = await get(authorizePath(preRegistered.clientId), headers)
    expect(page.body).not.toContain("evil.test")
    expect(page.headers["set-cookie"]?.[0]).toMatch(/^__Host-gatehouse=.*Secure/)
    const refused = await get(authorizePath(preRegistered.clientId, { scope: "bogus" }), headers)
    expect(refused.redirected.get("iss")).toBe(front.issuer)
  })

  it("A21 keeps a pending authorization for ten minutes", async () => {
    const visitor = new Visitor(front.port)
    const page = await visitor.get(authorizePath(preRegistered.clientId))
    front.clock.advance(601)
    const answer = await visitor.approve(page).catch(() => "gone")
    expect(answer).toBe("gone")
  })

  it("A21 takes so many requests a minute from one peer", async () => {
    const limited = await startFront({}, { rateLimit: 5 })
    const statuses = []
    for (let i = 0; i < 8; i++)
      statuses.push((await send(limited.port, { path: authorizePath(preRegistered.clientId) })).status)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
    await limited.close()
  })

  it("A23 takes no POST", async () => {
    const answer = await send(front.port, { method: "POST", path: authorizePath(preRegistered.clientId) })
    expect(answer.status).toBe(405)
    expect(answer.headers["allow"]).toContain("GET")
  })
})
