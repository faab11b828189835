/** How clients authenticate, at `/token` and `/revoke`. */
import { createHash, randomUUID } from "node:crypto"
import { sendRaw } from "@gatehouse/test-kit"
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { basic, type Form, type KnownClient, startAuth, type TestAuth } from "./harness.ts"

let auth: TestAuth
let confidential: KnownClient
let publicClient: KnownClient
beforeAll(async () => {
  auth = await startAuth()
  confidential = await auth.registerClient({ authMethod: "client_secret_basic" })
  publicClient = await auth.registerClient()
})
afterAll(() => auth.close())

/** A request whose only fault can be the client: an unknown token is revoked already. */
const ask = (form: Form, headers: Record<string, string> = {}) => auth.post("/revoke", { token: "x", ...form }, headers)
const withHeader = (authorization: string, form: Form = {}) => ask(form, { authorization })
const invalidClient = { status: 401, body: { error: "invalid_client" } }
const invalidRequest = { status: 400, body: { error: "invalid_request" } }
const base64 = (text: string) => Buffer.from(text).toString("base64")

describe("OAuth client authentication", () => {
  it("accepts a secret in the header or in the body, and a public client by its id", async () => {
    const { clientId: client_id, secret: client_secret } = confidential
    expect((await ask({}, basic(client_id, client_secret))).status).toBe(200)
    expect((await ask({ client_id }, basic(client_id, client_secret))).status).toBe(200)
    expect((await ask({ client_id, client_secret })).status).toBe(200)
    expect((await ask({ client_id: publicClient.clientId })).status).toBe(200)
    expect((await withHeader(`Basic ${base64(`${publicClient.clientId}:`)}`)).status).toBe(200)
  })

  it("T11 refuses two authentications at once, and two ids", async () => {
    const { clientId: client_id, secret: client_secret } = confidential
    const header = basic(client_id, client_secret)
    expect(await ask({ client_id, client_secret }, header)).toMatchObject(invalidRequest)
    expect(await ask({ client_assertion: "x" }, header)).toMatchObject(invalidRequest)
    expect(await ask({ client_id, client_secret, client_assertion: "x" })).toMatchObject(invalidRequest)
    expect(await ask({ client_id: publicClient.clientId }, header)).toMatchObject(invalidRequest)
  })

  it("T11 refuses two Authorization headers", async () => {
    const { authorization } = basic(confidential.clientId, confidential.secret)
    const head = `POST /revoke HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n`
    const twice = `Authorization: ${authorization}\r\nAuthorization: ${authorization}\r\n`
    expect(await sendRaw(auth.port, `${head}${twice}Content-Length: 7\r\n\r\ntoken=x`)).toMatch(/^HTTP\/1\.1 400 /)
  })

  it("T12 refuses a malformed header with 401 and a challenge, and accepts the scheme in any case", async () => {
    const pair = base64(`${confidential.clientId}:${confidential.secret}`)
    expect((await withHeader(`basic ${pair}`)).status).toBe(200)
    expect((await withHeader(`BASIC ${pair}`)).status).toBe(200)
    const malformed = ["Basic", "Basic !!!", `Basic ${pair}!!`, `Basic ${base64("no colon")}`, `Basic ${base64(":x")}`]
    for (const header of [...malformed, `Basic ${base64("%zz:x")}`, `Bearer ${pair}`, pair]) {
      const answer = await withHeader(header)
      expect(answer).toMatchObject(invalidClient)
      expect(answer.headers.get("www-authenticate")).toMatch(/^Basic realm="/)
    }
  })

  it("T12 reads id and secret as form-encoded (RFC 6749 §2.3.1)", async () => {
    const odd = await auth.registerClient({ clientId: "a:b c", authMethod: "client_secret_basic" })
    expect((await ask({}, basic(odd.clientId, odd.secret))).status).toBe(200)
    expect((await withHeader(`Basic ${base64(`a%3Ab+c:${odd.secret}`)}`)).status).toBe(200)
  })

  it("T14 gives an unknown client, a wrong secret and no secret the same answer", async () => {
    const { clientId } = confidential
    const answers = [
      await ask({}, basic(randomUUID(), confidential.secret)),
      await ask({}, basic(clientId, "wrong")),
      await ask({ client_id: clientId }),
      await ask({ client_id: randomUUID() }),
      await ask({ client_id: publicClient.clientId, client_secret: "x" }),
      await ask({ client_id: "x".repeat(10_000) }),
      await ask({}),
    ]
    for (const answer of answers) expect(answer).toMatchObject(invalidClient)
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(new Set(answers.map(({ headers }) => headers.get("www-authenticate"))).size).toBe(1)
  })

  it("T14 takes as long for an unknown client as for a wrong secret", async () => {
    const time = async (clientId: string) => {
      const times: number[] = []
      for (let i = 0; i < 100; i++) {
        const started = performance.now()
        await ask({}, basic(clientId, "wrong"))
        times.push(performance.now() - started)
      }
      return times.sort((a, b) => a - b)[50] ?? 0
    }
    await time(confidential.clientId)
    const [known, unknown] = [await time(confidential.clientId), await time(randomUUID())]
    expect(Math.abs(known - unknown)).toBeLessThan(1)
  })

  it("X5 keeps a secret of 256 random bits as its SHA-256, so that checking it costs next to nothing", async () => {
    const metadata = { redirect_uris: ["https://app.test/cb"], token_endpoint_auth_method: "client_secret_basic" }
    const headers = { "content-type": "application/json" }
    const registration = await fetch(`${auth.base}/register`, {
      method: "POST",
      headers,
      body: JSON.stringify(metadata),
    })
    const { client_id, client_secret } = (await registration.json()) as Record<string, string>
    expect(Buffer.from(client_secret ?? "", "base64url")).toHaveLength(32)
    const stored = await auth.stores.clients.find(client_id ?? "")
    expect(stored?.secretHash).toBe(
      createHash("sha256")
        .update(client_secret ?? "")
        .digest("base64url"),
    )
    expect(JSON.stringify(stored)).not.toContain(client_secret)
  })

  it("X5 refuses 500 wrong secrets at once, and serves the client whose secret is right among them", async () => {
    const { clientId, secret } = confidential
    const flood = Array.from({ length: 500 }, (_, i) => ask({}, basic(clientId, `wrong-${i}`)))
    expect((await ask({}, basic(clientId, secret))).status).toBe(200)
    for (const answer of await Promise.all(flood)) expect(answer).toMatchObject(invalidClient)
  })

  it("tells the log who failed, and nothing that was presented", async () => {
    const before = auth.audited.length
    await ask({}, basic(confidential.clientId, "planted-secret"))
    const told = auth.audited.slice(before)
    expect(told).toEqual([
      { event: "auth.token.denied", facts: { client_id: confidential.clientId, reason: "invalid_client" } },
    ])
  })

  it("tells the log of an id that names nobody only a pseudonym: it may be a secret in the wrong place", async () => {
    const before = auth.audited.length
    for (const name of ["planted-secret", "planted-secret", "another-secret"])
      await ask({}, basic(name, confidential.clientId))
    const facts = auth.audited.slice(before).map((each) => each.facts)
    const [first, again, other] = facts.map(({ unknown_client }) => unknown_client)
    expect(first).toMatch(/^[\w-]{22}$/)
    expect([again === first, other === first]).toEqual([true, false])
    expect(JSON.stringify(facts)).not.toMatch(/-secret|client_id/)
  })
})

describe("OAuth client authentication, private_key_jwt", () => {
  let keys: CryptoKeyPair
  let client: KnownClient
  beforeAll(async () => {
    keys = await generateKeyPair("ES256", { extractable: true })
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "ES256" }
    client = await auth.registerClient({ authMethod: "private_key_jwt", jwks: { keys: [jwk] } })
  })

  const claims = (overrides: JWTPayload = {}): JWTPayload => ({
    ...{ iss: client.clientId, sub: client.clientId, aud: auth.issuer },
    ...{ exp: Math.floor(auth.clock.now()) + 60, jti: randomUUID() },
    ...overrides,
  })
  const signed = (payload: JWTPayload, header: Record<string, unknown> = {}) =>
    new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid: "k1", ...header }).sign(keys.privateKey)
  const client_assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
  const askWith = (client_assertion: string, form: Form = {}) =>
    ask({ client_assertion_type, client_assertion, ...form })

  it("accepts an assertion for the issuer or the token endpoint, with and without client_id", async () => {
    for (const aud of [auth.issuer, `${auth.issuer}/token`, [auth.issuer]])
      expect((await askWith(await signed(claims({ aud })))).status).toBe(200)
    const answer = await askWith(await signed(claims()), { client_id: client.clientId })
    expect(answer.status).toBe(200)
  })

  it("accepts an assertion once", async () => {
    const assertion = await signed(claims())
    expect((await askWith(assertion)).status).toBe(200)
    expect(await askWith(assertion)).toMatchObject(invalidClient)
    auth.clock.advance(62) // within the clock tolerance it still verifies
    expect(await askWith(assertion)).toMatchObject(invalidClient)
  })

  it.each<[string, JWTPayload]>([
    ["another audience", { aud: "https://other.test" }],
    ["two audiences", { aud: ["https://auth.test", "https://other.test"] }],
    ["another issuer", { iss: "someone" }],
    ["another subject", { sub: "someone" }],
    ["no expiry", { exp: undefined as unknown as number }],
    ["an expiry in the past", { exp: 1 }],
    ["an expiry far away", { exp: 99_999_999_999 }],
    ["no jti", { jti: undefined as unknown as string }],
    ["a jti that is no string", { jti: 5 as unknown as string }],
    ["a start in the future", { nbf: 99_999_999_999 }],
  ])("refuses an assertion with %s", async (_, override) => {
    const payload = JSON.parse(JSON.stringify(claims(override)))
    expect(await askWith(await signed(payload))).toMatchObject(invalidClient)
  })

  it("refuses other signatures: another key, none, a shared secret, garbage", async () => {
    const other = await generateKeyPair("ES256")
    const publicBytes = new TextEncoder().encode(JSON.stringify(await exportJWK(keys.publicKey)))
    const forgeries = [
      await new SignJWT(claims()).setProtectedHeader({ alg: "ES256", kid: "k1" }).sign(other.privateKey),
      await new SignJWT(claims()).setProtectedHeader({ alg: "HS256", kid: "k1" }).sign(publicBytes),
      new UnsecuredJWT(claims()).encode(),
      await signed(claims(), { kid: "k2" }),
      "x.y.z",
      "",
    ]
    for (const forgery of forgeries) expect((await askWith(forgery)).status).toBeGreaterThanOrEqual(400)
    for (const forgery of forgeries.slice(0, 5)) expect(await askWith(forgery)).toMatchObject(invalidClient)
  })

  it("refuses an assertion with another client_id, of another client, or of another type", async () => {
    expect(await askWith(await signed(claims()), { client_id: publicClient.clientId })).toMatchObject(invalidClient)
    const foreign = { iss: confidential.clientId, sub: confidential.clientId }
    expect(await askWith(await signed(claims(foreign)))).toMatchObject(invalidClient)
    const answer = await askWith(await signed(claims()), { client_assertion_type: "urn:x" })
    expect(answer).toMatchObject(invalidRequest)
  })

  it("refuses its client without an assertion", async () => {
    expect(await ask({ client_id: client.clientId })).toMatchObject(invalidClient)
    expect(await ask({ client_id: client.clientId, client_secret: "x" })).toMatchObject(invalidClient)
  })
})
