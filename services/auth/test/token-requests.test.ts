/** `POST /token`, whatever the grant type: how a request is read, and how it is refused. */
import { sendRaw } from "@gatehouse/test-kit"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { basic, type KnownClient, knownClient, type MintedCode, startAuth, type TestAuth } from "./harness.ts"

let auth: TestAuth
let client: KnownClient
let minted: MintedCode
const machine = knownClient({
  clientId: "nightly",
  authMethod: "client_secret_basic",
  grantTypes: ["client_credentials"],
  scopes: ["mcp:tools", "mcp:prompts"],
  redirectUris: [],
  source: "pre-registered",
})
beforeAll(async () => {
  auth = await startAuth({ clients: [machine], config: { resources: ["https://mcp.test/mcp"] } })
})
afterAll(() => auth.close())
beforeEach(async () => {
  client = await auth.registerClient()
  minted = await auth.authorizeCode({ client })
})

const invalidRequest = { status: 400, body: { error: "invalid_request" } }
const correct = () =>
  new URLSearchParams({
    ...{ grant_type: "authorization_code", code: minted.code, code_verifier: minted.verifier },
    ...{ client_id: client.clientId, resource: "https://mcp.test/mcp" },
  })

describe("OAuth POST /token, reading the request", () => {
  it.each(["code", "grant_type", "client_id", "resource", "code_verifier"])("T17 refuses %s twice", async (name) => {
    const form = correct()
    form.append(name, form.get(name) ?? "")
    expect(await auth.post("/token", form.toString())).toMatchObject(invalidRequest)
    expect((await auth.post("/token", correct().toString())).status).toBe(200)
  })

  it.each(["password", "implicit", "constructor", "__proto__", "toString", "hasOwnProperty", "AUTHORIZATION_CODE"])(
    "T18 refuses the grant type %s",
    async (grant_type) => {
      const answer = await auth.redeem(client, minted, { grant_type })
      expect(answer).toMatchObject({ status: 400, body: { error: "unsupported_grant_type" } })
    },
  )

  it.each([undefined, ""])("T18 refuses the grant type %j", async (grant_type) => {
    expect(await auth.redeem(client, minted, { grant_type })).toMatchObject(invalidRequest)
  })

  it("T18 refuses client_credentials to a client that registered itself", async () => {
    const itself = await auth.registerClient({ authMethod: "client_secret_post" })
    const answer = await auth.redeem(itself, minted, { grant_type: "client_credentials" })
    expect(answer).toMatchObject({ status: 400, body: { error: "unauthorized_client" } })
  })

  it("T15 refuses any other content type, never with a 500", async () => {
    const types = [
      "application/json",
      "application/json, application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "text/plain",
      "nonsense",
    ]
    for (const type of types)
      for (const body of [correct().toString(), "{}", "{"]) {
        const answer = await auth.post("/token", body, { "content-type": type })
        expect([400, 415]).toContain(answer.status)
        expect(answer.body).toMatchObject({ error: "invalid_request" })
      }
    const form = await auth.post("/token", correct().toString(), {
      "content-type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
    })
    expect(form.status).toBe(200)
  })

  it("T15 refuses a body without a content type, and no body", async () => {
    const head = "POST /token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    const body = correct().toString()
    const untyped = await sendRaw(auth.port, `${head}Content-Length: ${body.length}\r\n\r\n${body}`)
    const empty = await sendRaw(auth.port, `${head}Content-Length: 0\r\n\r\n`)
    for (const answer of [untyped, empty]) {
      expect(answer).toMatch(/^HTTP\/1\.1 (400|415) /)
      expect(answer).toContain('"error":"invalid_request"')
    }
  })

  it("T21 keeps error_description to the characters of RFC 6749 §5.2, and never repeats what was sent", async () => {
    const nasty = '"\\\r\nevil: 1\r\n\u00e9\u{1f600}<img>'
    const names = [
      "grant_type",
      "code",
      "redirect_uri",
      "code_verifier",
      "resource",
      "client_id",
      "client_secret",
      "scope",
    ]
    for (const name of names) {
      const answer = await auth.redeem(client, minted, { [name]: nasty })
      expect(answer.status).toBeGreaterThanOrEqual(name === "scope" ? 200 : 400)
      expect(answer.status).toBeLessThan(500)
      expect(String(answer.body["error_description"])).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/)
      expect(answer.text).not.toContain("img")
      minted = await auth.authorizeCode({ client })
    }
  })

  it("T22 refuses a code of a megabyte, NUL and emoji, quickly", async () => {
    const started = performance.now()
    expect((await auth.redeem(client, minted, { code: "x".repeat(1_000_000) })).status).toBe(413)
    for (const code of ["x".repeat(60_000), "\0", "\u{1f600}", `${minted.code}\0`])
      expect(await auth.redeem(client, minted, { code })).toMatchObject({
        status: 400,
        body: { error: "invalid_grant" },
      })
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it("says where each error is explained, and caches none", async () => {
    const answer = await auth.redeem(client, minted, { code: "x" })
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(answer.body["error_uri"]).toBe("https://tools.ietf.org/html/rfc6749#section-5.2")
  })

  it("answers 405 to another method", async () => {
    const answer = await fetch(`${auth.base}/token?${correct()}`)
    expect(answer.status).toBe(405)
    expect(answer.headers.get("allow")).toContain("POST")
  })

  it("answers an unknown error with 500 and no word of it", async () => {
    const { find } = auth.stores.grants
    auth.stores.grants.find = async () => {
      throw new Error(`secret ${minted.code}`)
    }
    const answer = await auth.redeem(client, minted)
    auth.stores.grants.find = find
    expect(answer.status).toBe(500)
    expect(answer.body).toEqual({ error: "server_error" })
  })
})

describe("OAuth POST /token, client_credentials", () => {
  const asMachine = (form: Record<string, string> = {}) =>
    auth.post("/token", { grant_type: "client_credentials", ...form }, basic("nightly", machine.secret))

  it("gives a pre-registered client a token for itself, and no refresh token", async () => {
    const answer = await asMachine({ scope: "mcp:tools" })
    expect(answer).toMatchObject({ status: 200, body: { token_type: "Bearer", scope: "mcp:tools" } })
    expect(answer.body).not.toHaveProperty("refresh_token")
    const { body } = await auth.introspect(String(answer.body["access_token"]))
    expect(body).toMatchObject({ active: true, sub: "client|nightly", client_id: "nightly", scope: "mcp:tools" })
  })

  it("gives all its scopes when it asks for none, and refuses others", async () => {
    expect((await asMachine()).body).toMatchObject({ scope: "mcp:tools mcp:prompts" })
    for (const scope of ["mcp", "mcp:resources", "admin"])
      expect(await asMachine({ scope })).toMatchObject({ status: 400, body: { error: "invalid_scope" } })
  })

  it("refuses a resource that no tokens are issued for", async () => {
    const answer = await asMachine({ resource: "https://unknown.test/mcp" })
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid_target" } })
  })

  it("refuses it the grant types of people", async () => {
    const answer = await auth.redeem({ ...machine }, minted)
    expect(answer).toMatchObject({ status: 400, body: { error: "unauthorized_client" } })
  })
})

describe("OAuth rate limits", () => {
  it("R18 answers 429 with Retry-After at /token and /register, and is not fooled by X-Forwarded-For", async () => {
    const limited = await startAuth({ rateLimit: 20 })
    const ask = (i: number) => limited.post("/token", {}, { "x-forwarded-for": `10.0.0.${i}` })
    const answers = await Promise.all(Array.from({ length: 25 }, (_, i) => ask(i)))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(5)
    expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0)
    const register = () => limited.post("/register", "{}", { "content-type": "application/json" })
    const registered = [await register(), await register(), await register()]
    expect(registered.map(({ status }) => status)).toEqual([400, 400, 429])
    limited.clock.advance(60)
    expect((await ask(1)).status).not.toBe(429)
    await limited.close()
  })

  it("counts a confidential client over all its peers, and a public one never", async () => {
    const limited = await startAuth({ rateLimit: 2, trustedProxies: ["127.0.0.1"] })
    const refusals = async (known: KnownClient) => {
      const form = { token: "x", client_id: known.clientId, client_secret: known.secret || undefined }
      const answers = await Promise.all(
        Array.from({ length: 25 }, (_, i) => limited.post("/revoke", form, { "x-forwarded-for": `10.0.${i}.1` })),
      )
      return answers.filter(({ status }) => status === 429).length
    }
    expect(await refusals(await limited.registerClient({ authMethod: "client_secret_post" }))).toBe(5)
    const apart = await startAuth({ rateLimit: 2, trustedProxies: ["127.0.0.1"], stores: limited.stores })
    await limited.close()
    const form = { token: "x", client_id: (await apart.registerClient()).clientId }
    for (let i = 0; i < 25; i++)
      expect((await apart.post("/revoke", form, { "x-forwarded-for": `10.0.${i}.1` })).status).toBe(200)
    await apart.close()
  })

  it("gives an authenticated resource server a limit of its own, and counts strangers by peer", async () => {
    const limited = await startAuth({ rateLimit: 3 })
    for (let i = 0; i < 20; i++) expect((await limited.introspect("x")).status).toBe(200)
    const strangers = await Promise.all(
      Array.from({ length: 5 }, () => limited.introspect("x", { client_secret: "wrong" })),
    )
    expect(strangers.map(({ status }) => status).sort()).toEqual([401, 401, 401, 429, 429])
    expect((await limited.introspect("x")).status).toBe(200)
    await limited.close()
  })

  it("refuses a resource server at last, for the rest of the minute", async () => {
    const limited = await startAuth({ rateLimit: 1 })
    const asked = async () => (await limited.introspect("x")).status
    for (let i = 0; i < 500; i++) expect(await asked()).toBe(200)
    const refused = await limited.introspect("x")
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(60)
    limited.clock.advance(60)
    expect(await asked()).toBe(200)
    await limited.close()
  })
})
