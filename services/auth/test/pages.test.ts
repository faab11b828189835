/** What the pages say, and what they keep out. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { displayText } from "../src/pages/untrusted-text.ts"
import { type Front, preRegistered, RESOURCE, startFront } from "./front.ts"
import { type Answer, authorizePath, hiddenFields, send, sendJson, Visitor } from "./visitor.ts"

let front: Front
beforeAll(async () => {
  front = await startFront()
})
afterAll(() => front.close())

async function consentFor(metadata: object, overrides: Record<string, string> = {}): Promise<Answer> {
  const { body } = await sendJson(front.port, "/register", { redirect_uris: ["https://app.test/cb"], ...metadata })
  return new Visitor(front.port).get(authorizePath(JSON.parse(body).client_id, overrides))
}

describe("OAuth consent page", () => {
  it("L12 shows who asks, where the answer goes, for which server and what", async () => {
    const { body } = await consentFor({ client_name: "Blue Bird" }, { scope: "mcp:tools mcp:prompts" })
    expect(body).toContain("<bdi>Blue Bird</bdi>")
    expect(body).toContain("<strong>app.test</strong>")
    expect(body).toContain(RESOURCE)
    expect(body).toContain("Run the server’s tools")
    expect(body).toContain("Use the server’s prompts")
    expect(body).not.toContain("any program on this computer")
  })

  it("L12 C25 warns when the answer goes to this computer only, or to an app", async () => {
    const local = await consentFor({ redirect_uris: ["http://localhost:9999/cb"] })
    expect(local.body).toContain("any program on this computer could receive it")
    expect(local.body).toContain("localhost:9999")
    const app = await consentFor({ redirect_uris: ["com.example.app:/cb"] })
    expect(app.body).toContain("any app on this device could claim that name")
    expect(app.body).toContain("com.example.app")
  })

  it("L11 shows markup in a client's metadata and in a request as text", async () => {
    const evil = `"><script>alert(1)</script>`
    const { body } = await consentFor(
      { client_name: evil, logo_uri: "https://evil.test/x.png" },
      { state: evil, login_hint: evil },
    )
    expect(body).not.toContain("<script")
    expect(body).toContain("&lt;script&gt;alert(1)&lt;/script&gt;")
    expect(body).not.toContain("evil.test")
    const unknown = await send(front.port, { path: authorizePath(evil) })
    expect(unknown.body).not.toContain("script")
  })

  it("L11 shows a client without a name as one", async () => {
    expect((await consentFor({})).body).toContain("An app without a name")
    expect((await consentFor({ client_name: "\u202e\u200b" })).body).toContain("An app without a name")
  })

  it("L11 keeps a client's name in one line, of bounded length, and free of what turns or hides text", () => {
    expect(displayText("a\u202eb\u2066c\u200bd\u0000e\nf\tg")).toBe("abcde f g")
    expect(displayText("x".repeat(200))).toHaveLength(60)
    expect([...displayText("🙂".repeat(200))]).toHaveLength(60)
    expect(displayText(`Z${"\u0301".repeat(50)}`).length).toBeLessThan(5)
  })
})

describe("OAuth pages: what every one carries", () => {
  async function everyPage(): Promise<Answer[]> {
    const visitor = new Visitor(front.port)
    const consent = await visitor.get(authorizePath(preRegistered.clientId))
    const approved = await visitor.post("/consent", { ...hiddenFields(consent.body), decision: "approve" })
    const { pathname, search } = new URL(approved.headers.location ?? "")
    const signIn = await visitor.get(pathname + search)
    const problem = await visitor.post("/sign-in", { ...hiddenFields(signIn.body), name: "" })
    const finished = await visitor.post("/sign-in", { ...hiddenFields(signIn.body), name: "Ada" })
    return [
      consent,
      approved,
      signIn,
      problem,
      finished,
      await visitor.get("/"),
      await visitor.get("/authorize"),
      await visitor.get(authorizePath(preRegistered.clientId, { scope: "bogus" })),
      await visitor.post("/consent", {}),
    ]
  }

  it("L22 names itself to nobody, is stored nowhere, and loads nothing", async () => {
    for (const { headers, body } of await everyPage()) {
      expect(headers["referrer-policy"]).toBe("no-referrer")
      expect(headers["cache-control"]).toBe("no-store")
      expect(headers["x-content-type-options"]).toBe("nosniff")
      expect(body).not.toMatch(/<(script|img|iframe|link rel="stylesheet")/)
    }
  })

  it("L11 forbids scripts, frames and strangers' styles on each page", async () => {
    for (const { headers, status } of await everyPage()) {
      if (status === 303) continue
      const policy = String(headers["content-security-policy"])
      expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /)
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).toContain("base-uri 'none'")
      expect(policy).not.toMatch(/unsafe|script-src|https?:|\*/)
      expect(headers["x-frame-options"]).toBe("DENY")
    }
  })

  it("A18 allows no origin to read a page", async () => {
    for (const path of ["/", "/authorize", "/sign-in?transaction=x"]) {
      const answer = await send(front.port, { path, headers: { origin: "https://evil.test" } })
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([])
    }
  })

  it("says in words what happened, and the OAuth code besides", async () => {
    const { body } = await send(front.port, { path: authorizePath("nope") })
    expect(body).toContain("The app is not known here.")
    expect(body).toContain("<code>invalid_client</code>")
  })

  it("introduces the server on its front page, with its endpoints and its metadata", async () => {
    const { status, body } = await send(front.port, { path: "/" })
    expect(status).toBe(200)
    for (const path of ["/register", "/authorize", "/token", "/introspect", "/revoke", "/jwks"])
      expect(body).toContain(path)
    expect(body).toContain(`href="${front.issuer}/.well-known/oauth-authorization-server"`)
  })
})
