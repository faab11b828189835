/** POST /register as strangers use it, and misuse it. */
import { generateKeyPairSync } from "node:crypto"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Front, startFront } from "./front.ts"
import { send, sendJson } from "./visitor.ts"

let front: Front
beforeAll(async () => {
  front = await startFront()
})
afterAll(() => front.close())

const register = (body: unknown) => sendJson(front.port, "/register", body)
const withRedirect = (uri: unknown) => register({ client_name: "T", redirect_uris: [uri] })
const withMetadata = (metadata: object) => register({ redirect_uris: ["https://app.test/cb"], ...metadata })

async function expectRefused(answer: Promise<{ status: number; body: string }>, ...codes: string[]) {
  const { status, body } = await answer
  expect(status).toBe(400)
  expect(codes).toContain(JSON.parse(body).error)
}

describe("OAuth dynamic client registration (RFC 7591)", () => {
  it("registers with a name and a redirect URI alone, and says what will be enforced", async () => {
    const answer = await register({ client_name: "My MCP Client", redirect_uris: ["http://localhost:3000/callback"] })
    expect(answer.status).toBe(201)
    expect(answer.headers["cache-control"]).toBe("no-store")
    expect(answer.headers["content-type"]).toMatch(/^application\/json/)
    expect(JSON.parse(answer.body)).toEqual({
      client_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
      client_secret_expires_at: 0,
      client_id_issued_at: Math.floor(front.clock.now()),
      client_name: "My MCP Client",
      redirect_uris: ["http://localhost:3000/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      scope: "mcp mcp:tools mcp:resources mcp:prompts",
    })
  })

  it("gives a public client no secret", async () => {
    const { body } = await withMetadata({ token_endpoint_auth_method: "none" })
    expect(JSON.parse(body)).not.toHaveProperty("client_secret")
    expect(JSON.parse(body)).not.toHaveProperty("client_secret_expires_at")
  })

  it("keeps the secret as a hash only, for 30 days", async () => {
    const registered = JSON.parse((await withMetadata({})).body)
    const stored = await front.stores.clients.find(registered.client_id)
    expect(stored?.clientId).toBe(registered.client_id)
    expect(JSON.stringify(stored)).not.toContain(registered.client_secret)
    front.clock.advance(30 * 86_400 - 1)
    expect(await front.stores.clients.find(registered.client_id)).toBeDefined()
    front.clock.advance(2)
    expect(await front.stores.clients.find(registered.client_id)).toBeUndefined()
  })

  it("R2 refuses http for a host that is not loopback", () =>
    expectRefused(withRedirect("http://app.test/cb"), "invalid_redirect_uri"))

  it.each(["https://app.test/cb#x", "https://app.test/cb#"])("R3 refuses the fragment of %s", (uri) =>
    expectRefused(withRedirect(uri), "invalid_redirect_uri"),
  )

  it.each(["https://*.app.test/cb", "https://app.test/*", "https://app.test/cb%2a"])(
    "R5 refuses the wildcard %s",
    (uri) => expectRefused(withRedirect(uri), "invalid_redirect_uri"),
  )

  it("R6 refuses a private-use scheme without a dot, and takes one with a dot", async () => {
    await expectRefused(withRedirect("myapp:/cb"), "invalid_redirect_uri")
    expect((await withRedirect("com.example.app:/cb")).status).toBe(201)
  })

  it.each([
    ["missing", {}],
    ["empty", { redirect_uris: [] }],
    ["a string", { redirect_uris: "https://app.test/cb" }],
    ["null", { redirect_uris: null }],
    ["a list of null", { redirect_uris: [null] }],
    ["a list of an object", { redirect_uris: [{}] }],
    ["a list with a hole", '{"redirect_uris":["https://app.test/cb",null]}'],
    ["1000 items", { redirect_uris: Array.from({ length: 1000 }, (_, i) => `https://app.test/${i}`) }],
    ["one of 10 kB", { redirect_uris: [`https://app.test/${"a".repeat(10_000)}`] }],
    ["javascript", { redirect_uris: ["javascript:alert(1)"] }],
    ["with user information", { redirect_uris: ["https://user@app.test/cb"] }],
  ])("R8 refuses redirect_uris: %s", (_what, body) =>
    expectRefused(register(body), "invalid_redirect_uri", "invalid_client_metadata"),
  )

  it.each(["[]", "null", '"x"', "5"])("R9 refuses the body %s", (body) =>
    expectRefused(register(body), "invalid_client_metadata"),
  )

  it("R9 refuses what is not JSON, and what is not said to be", async () => {
    expect((await register("{")).status).toBe(400)
    const form = await send(front.port, {
      method: "POST",
      path: "/register",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "redirect_uris=https://app.test/cb",
    })
    expect([400, 415]).toContain(form.status)
    expect((await send(front.port, { method: "POST", path: "/register" })).status).toBe(400)
  })

  it.each([
    ["logo_uri", "javascript:alert(1)"],
    ["client_uri", "http://169.254.169.254/"],
    ["tos_uri", "data:text/html,x"],
    ["policy_uri", "http://app.test/"],
    ["jwks_uri", "http://169.254.169.254/"],
    ["jwks_uri", "https://app.test/jwks"],
    ["client_uri", "https://app.test/#fr"],
    ["client_uri", 5],
  ])("R10 refuses %s = %s, and fetches nothing", (name, value) =>
    expectRefused(withMetadata({ [name]: value }), "invalid_client_metadata"),
  )

  it("R10 takes web pages, and takes empty ones as absent", async () => {
    const answer = await withMetadata({ client_uri: "https://app.test/about?x=1", tos_uri: "", logo_uri: null })
    expect(answer.status).toBe(201)
    expect(JSON.parse(answer.body)).toMatchObject({ client_uri: "https://app.test/about?x=1" })
    expect(JSON.parse(answer.body)).not.toHaveProperty("logo_uri")
  })

  it.each([
    { grant_types: ["implicit"] },
    { grant_types: ["password"] },
    { grant_types: ["client_credentials"] },
    { grant_types: ["refresh_token"] },
    { grant_types: "authorization_code" },
    { grant_types: [5] },
    { response_types: ["token"] },
    { response_types: [] },
  ])("R12 refuses %j", (metadata) => expectRefused(withMetadata(metadata), "invalid_client_metadata"))

  it("R12 leaves out a grant type that is not offered, and echoes what is left", async () => {
    const answer = await withMetadata({
      grant_types: ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code", "client_credentials"],
      response_types: ["code", "token"],
    })
    expect(JSON.parse(answer.body)).toMatchObject({ grant_types: ["authorization_code"], response_types: ["code"] })
    const stored = await front.stores.clients.find(JSON.parse(answer.body).client_id)
    expect(stored?.grantTypes).toEqual(["authorization_code"])
  })

  it.each([{ client_id: "admin" }, { client_id: "https://evil.test/x" }, { client_secret: "x" }])(
    "R13 chooses the identity itself: %j is ignored",
    async (metadata) => {
      const registered = JSON.parse((await withMetadata(metadata)).body)
      expect(registered.client_id).toMatch(/^[0-9a-f-]{36}$/)
      expect(registered.client_secret).not.toBe("x")
    },
  )

  it("R15 echoes no management endpoint, and nothing that it ignores", async () => {
    const body = JSON.parse((await withMetadata({ application_type: "native", made_up: 1 })).body)
    for (const name of ["registration_client_uri", "registration_access_token", "application_type", "made_up"])
      expect(body).not.toHaveProperty(name)
  })

  it("R16 refuses a software statement", () =>
    expectRefused(withMetadata({ software_statement: "eyJhbGciOiJub25lIn0.e30." }), "invalid_software_statement"))

  it("R18 takes a few registrations a minute from one peer, whatever address it claims", async () => {
    const limited = await startFront({}, { rateLimit: 60 })
    const body = { redirect_uris: ["https://app.test/cb"] }
    const answers = []
    for (let i = 0; i < 20; i++)
      answers.push(await sendJson(limited.port, "/register", body, { "x-forwarded-for": `192.0.2.${i}` }))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(10)
    expect(Number(refused[0]?.headers["retry-after"])).toBeGreaterThan(0)
    expect(limited.audited.length).toBe(20 - refused.length)
    await limited.close()
  })

  it.each([
    { scope: "admin" },
    { scope: "mcp  mcp:tools" },
    { scope: ["mcp"] },
    { token_endpoint_auth_method: "client_secret_jwt" },
    { client_name: "a".repeat(201) },
    { client_name: {} },
    { contacts: "me" },
  ])("refuses %j", (metadata) => expectRefused(withMetadata(metadata), "invalid_client_metadata"))

  it("takes public keys for private_key_jwt, and refuses private, weak and missing ones", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
    const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" })
    const withKeys = (jwks: unknown) => withMetadata({ token_endpoint_auth_method: "private_key_jwt", jwks })
    const answer = await withKeys({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "1" }] })
    expect(answer.status).toBe(201)
    expect(JSON.parse(answer.body)).not.toHaveProperty("client_secret")
    expect(JSON.parse(answer.body).jwks.keys[0]).toMatchObject({ kty: "EC", kid: "1" })
    await expectRefused(withKeys({ keys: [privateKey.export({ format: "jwk" })] }), "invalid_client_metadata")
    await expectRefused(withKeys({ keys: [{ kty: "oct", k: "c2VjcmV0" }] }), "invalid_client_metadata")
    await expectRefused(withKeys({ keys: [weak] }), "invalid_client_metadata")
    await expectRefused(withKeys({ keys: [{ kty: "EC", crv: "P-256", x: "1", y: "2" }] }), "invalid_client_metadata")
    await expectRefused(withKeys(undefined), "invalid_client_metadata")
  })
})
