/** Consent and sign-in: one browser from start to finish, one code at most. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type Front, preRegistered, RESOURCE, startFront, startFrontWithout } from "./front.ts"
import { type Answer, authorizePath, codeVerifier, hiddenFields, send, sendJson, Visitor } from "./visitor.ts"

let front: Front
let ada: Visitor
let asked: Answer
beforeAll(async () => {
  front = await startFront()
})
afterAll(() => front.close())
beforeEach(async () => {
  ada = new Visitor(front.port)
  asked = await ada.get(authorizePath(preRegistered.clientId))
})

const approval = (page: Answer) => ({ ...hiddenFields(page.body), decision: "approve" })

function expectRefused(answer: Answer, status: number) {
  expect(answer.status).toBe(status)
  expect(answer.headers).not.toHaveProperty("location")
  expect(answer.headers["content-type"]).toMatch(/^text\/html/)
}

describe("OAuth authorization response", () => {
  it("A17 sends the code with state and iss by 303, after approval and sign-in", async () => {
    const approved = await ada.post("/consent", approval(asked))
    expect(approved.status).toBe(303)
    const answer = await ada.authorize(authorizePath(preRegistered.clientId))
    expect(answer.status).toBe(303)
    expect(answer.headers.location?.startsWith(`${preRegistered.redirectUri}?code=`)).toBe(true)
    expect([...answer.redirected.keys()]).toEqual(["code", "state", "iss"])
    expect(answer.redirected.get("state")).toBe("st1")
    expect(answer.redirected.get("iss")).toBe(front.issuer)
  })

  it("tells the client access_denied with state and iss when the person denies, and then it is over", async () => {
    const answer = await ada.post("/consent", { ...hiddenFields(asked.body), decision: "deny" })
    expect(answer.status).toBe(303)
    expect(Object.fromEntries(answer.redirected)).toMatchObject({
      error: "access_denied",
      state: "st1",
      iss: front.issuer,
    })
    expectRefused(await ada.post("/consent", approval(asked)), 400)
  })

  it("lets the person cancel at the sign-in page", async () => {
    const page = await ada.get(await ada.approve(asked))
    const cancel = page.body.slice(page.body.lastIndexOf("<form"))
    const answer = await ada.post("/consent", { ...hiddenFields(cancel), decision: "deny" })
    expect(answer.redirected.get("error")).toBe("access_denied")
  })

  it("L1 mints a code that stood in no answer before, and is not the transaction's id", async () => {
    const seen = [asked]
    seen.push(await ada.get(await ada.approve(asked)))
    const finished = await ada.post("/sign-in", { ...hiddenFields(seen[1]?.body ?? ""), name: "Ada" })
    const code = finished.redirected.get("code") ?? ""
    expect(code.length).toBeGreaterThan(40)
    const before = JSON.stringify(seen) + JSON.stringify([...ada.cookies])
    expect(before).not.toContain(code)
    expect(code).not.toContain(hiddenFields(asked.body)["transaction"])
  })
})

describe("OAuth authorization code: what it is good for", () => {
  const clientWith = async (redirectUri: string) => {
    const metadata = { redirect_uris: [redirectUri], token_endpoint_auth_method: "none" }
    const { body } = await sendJson(front.port, "/register", metadata)
    return { client_id: String(JSON.parse(body).client_id), redirect_uri: redirectUri, code_verifier: codeVerifier }
  }

  it("is redeemed by the client that asked, for the person who signed in", async () => {
    const client = await clientWith("http://localhost/cb")
    const { redirected } = await ada.authorize(
      authorizePath(client.client_id, { scope: "mcp:tools" }),
      " ADA  Lovelace ",
    )
    const grant = { grant_type: "authorization_code", code: redirected.get("code") ?? "" }
    const tokens = await front.post("/token", { ...grant, ...client })
    expect(tokens.body).toMatchObject({ token_type: "Bearer", scope: "mcp:tools", refresh_token: expect.any(String) })
    const introspected = await front.introspect(String(tokens.body["access_token"]))
    expect(introspected.body).toMatchObject({ active: true, sub: "demo|ada lovelace", aud: RESOURCE })
  })

  it("L1 is not the transaction's id, which redeems nothing", async () => {
    const client = await clientWith("http://localhost/cb")
    const page = await ada.get(authorizePath(client.client_id))
    const code = hiddenFields(page.body)["transaction"] ?? ""
    const signInPage = await ada.get(await ada.approve(page))
    const finished = await ada.post("/sign-in", { ...hiddenFields(signInPage.body), name: "Victim" })
    expect(finished.redirected.has("code")).toBe(true)
    const stolen = await front.post("/token", { grant_type: "authorization_code", code, ...client })
    expect(stolen.status).toBe(400)
    expect(stolen.body).toMatchObject({ error: "invalid_grant" })
  })

  it("P9 tells the client to come again when it cannot be stored, and forgets nothing before that", async () => {
    const down = await startFrontWithout("authorizationCodes")
    const visitor = new Visitor(down.port)
    const answer = await visitor.authorize(authorizePath(preRegistered.clientId))
    expect(answer.status).toBe(303)
    const told = Object.fromEntries(answer.redirected)
    expect(told).toMatchObject({ error: "temporarily_unavailable", state: "st1", iss: down.issuer })
    await down.close()
  })

  it("G1 shows 503 with Retry-After while nothing can be remembered", async () => {
    const down = await startFrontWithout("pendingAuthorizations")
    const visitor = new Visitor(down.port)
    const answer = await visitor.get(authorizePath(preRegistered.clientId))
    expectRefused(answer, 503)
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0)
    await down.close()
  })
})

describe("OAuth consent is audited", () => {
  it("Y7 notes each decision, without a name", async () => {
    front.audited.length = 0
    await ada.post("/consent", { ...hiddenFields(asked.body), decision: "deny" })
    await ada.authorize(authorizePath(preRegistered.clientId), "Grace Hopper")
    const client_id = preRegistered.clientId
    expect(front.audited).toEqual([
      { event: "auth.consent.denied", facts: { client_id } },
      { event: "auth.consent.granted", facts: { client_id } },
      { event: "auth.sign_in.succeeded", facts: { client_id, subject: expect.stringMatching(/^[\w-]{22}$/) } },
    ])
    expect(JSON.stringify(front.audited).toLowerCase()).not.toContain("grace")
  })
})

describe("OAuth consent is bound to the browser", () => {
  it("L2 ends the transaction when another browser opens the sign-in page of an approved one", async () => {
    const path = await ada.approve(asked)
    const victim = new Visitor(front.port)
    await victim.get(authorizePath(preRegistered.clientId))
    expectRefused(await victim.get(path), 403)
    expectRefused(await ada.get(path), 400)
  })

  it("L2 ends it when another browser posts the sign-in form", async () => {
    const page = await ada.get(await ada.approve(asked))
    const victim = new Visitor(front.port)
    expectRefused(await victim.post("/sign-in", { ...hiddenFields(page.body), name: "Victim" }), 403)
    expectRefused(await ada.post("/sign-in", { ...hiddenFields(page.body), name: "Ada" }), 400)
  })

  it("L4 L5 asks each time: no approval is remembered, whichever client, scope or redirect", async () => {
    await ada.authorize(authorizePath(preRegistered.clientId))
    for (const scope of [undefined, "mcp:tools"]) {
      const again = await ada.get(authorizePath(preRegistered.clientId, { scope }))
      expect(again.status).toBe(200)
      expect(hiddenFields(again.body)).toHaveProperty("csrf")
    }
  })

  it("L7 refuses a consent without CSRF token, with one of another transaction or step, without the cookie, with another's", async () => {
    const other = await ada.get(authorizePath(preRegistered.clientId))
    const { transaction = "", csrf = "" } = hiddenFields(asked.body)
    const fields = { transaction, decision: "approve" }
    expectRefused(await ada.post("/consent", fields), 403)
    expectRefused(await ada.post("/consent", { ...fields, csrf: hiddenFields(other.body)["csrf"] ?? "" }), 403)
    expectRefused(await new Visitor(front.port).post("/consent", { ...fields, csrf }), 403)
    const eve = new Visitor(front.port)
    await eve.get(authorizePath(preRegistered.clientId))
    expectRefused(await eve.post("/consent", { ...fields, csrf }), 403)
    const signInPage = await ada.get(await ada.approve(other))
    expectRefused(await ada.post("/sign-in", { ...hiddenFields(other.body), name: "Ada" }), 403)
    expect((await ada.post("/sign-in", { ...hiddenFields(signInPage.body), name: "Ada" })).redirected.has("code")).toBe(
      true,
    )
    expect((await ada.post("/consent", { ...fields, csrf })).status).toBe(303)
  })

  it("L8 takes no approval by a link", async () => {
    const query = new URLSearchParams(approval(asked))
    expect((await ada.get(`/consent?${query}`)).status).toBe(405)
  })

  it("O9 refuses a form that another site sent, and one that is no form", async () => {
    const fields = approval(asked)
    expectRefused(await ada.post("/consent", fields, { origin: "https://evil.test" }), 403)
    expectRefused(await ada.post("/consent", fields, { origin: "null", "sec-fetch-site": "cross-site" }), 403)
    expectRefused(await ada.post("/sign-in", fields, { origin: "https://evil.test" }), 403)
    const text = await ada.post("/consent", fields, { "content-type": "text/plain" })
    expect(text.status).toBe(415)
    const json = await ada.post("/consent", fields, { "content-type": "application/json" })
    expect([400, 415]).toContain(json.status)
    expect((await ada.post("/consent", fields, { origin: front.issuer })).status).toBe(303)
  })

  it("O9 refuses a repeated field", async () => {
    const body = `${new URLSearchParams(approval(asked))}&decision=deny`
    const headers = { "content-type": "application/x-www-form-urlencoded" }
    expectRefused(await ada.send({ method: "POST", path: "/consent", headers, body }), 400)
  })

  it("wants Approve or Deny, and approval before sign-in", async () => {
    expectRefused(await ada.post("/consent", hiddenFields(asked.body)), 400)
    const { transaction = "" } = hiddenFields(asked.body)
    expectRefused(await ada.get(`/sign-in?transaction=${transaction}`), 400)
    expectRefused(await ada.get("/sign-in"), 400)
    expectRefused(await ada.get("/sign-in?transaction=unknown"), 400)
  })
})

describe("OAuth authorization happens once", () => {
  it("L14 goes on to sign-in after a double click on Approve", async () => {
    const answers = await Promise.all([1, 2].map(() => ada.post("/consent", approval(asked))))
    expect(answers.map((answer) => answer.status)).toEqual([303, 303])
    expect(answers[0]?.headers.location).toBe(answers[1]?.headers.location)
  })

  it("L14 mints one code for fifty that sign in at once", async () => {
    const page = await ada.get(await ada.approve(asked))
    const fields = { ...hiddenFields(page.body), name: "Ada" }
    const answers = await Promise.all(Array.from({ length: 50 }, () => ada.post("/sign-in", fields)))
    expect(answers.filter((answer) => answer.redirected.has("code"))).toHaveLength(1)
    expect(answers.filter((answer) => answer.status === 400)).toHaveLength(49)
  })

  it("L15 refuses approval after the end, and after ten minutes", async () => {
    const page = await ada.get(await ada.approve(asked))
    expect((await ada.post("/sign-in", { ...hiddenFields(page.body), name: "Ada" })).redirected.has("code")).toBe(true)
    expectRefused(await ada.post("/consent", approval(asked)), 400)
    const late = await ada.get(authorizePath(preRegistered.clientId))
    front.clock.advance(599)
    expect((await ada.post("/consent", approval(late))).status).toBe(303)
    front.clock.advance(2)
    expectRefused(await ada.post("/consent", approval(late)), 400)
  })

  it("L17 keeps one cookie, however many authorizations were abandoned", async () => {
    for (let i = 0; i < 30; i++) await ada.get(authorizePath(preRegistered.clientId))
    expect(ada.cookies.size).toBe(1)
    expect((await ada.post("/consent", approval(asked))).status).toBe(303)
  })

  it("L18 sets the cookie as it should be", async () => {
    const [cookie, ...more] =
      (await new Visitor(front.port).get(authorizePath(preRegistered.clientId))).headers["set-cookie"] ?? []
    expect(more).toEqual([])
    expect(cookie).toMatch(/^__Host-gatehouse=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
  })

  it("L18 takes no cookie that it could not have made", async () => {
    const answer = await send(front.port, {
      path: authorizePath(preRegistered.clientId),
      headers: { cookie: "__Host-gatehouse=short" },
    })
    expect(answer.headers["set-cookie"]?.[0]).toMatch(/^__Host-gatehouse=[\w-]{43};/)
  })
})

describe("OAuth registration to code", () => {
  it("serves a registered client on an issuer with a path", async () => {
    const tenant = await startFront({ issuer: "https://auth.test/t1" })
    const { body } = await sendJson(tenant.port, "/t1/register", { redirect_uris: ["http://localhost/cb"] })
    const visitor = new Visitor(tenant.port)
    const page = await visitor.get(`/t1${authorizePath(JSON.parse(body).client_id, { resource: RESOURCE })}`)
    expect(page.body).toContain('action="/t1/consent"')
    const approved = await visitor.post("/t1/consent", approval(page))
    expect(approved.headers.location).toMatch(/^https:\/\/auth\.test\/t1\/sign-in\?/)
    await tenant.close()
  })
})
