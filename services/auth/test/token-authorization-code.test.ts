/** `POST /token` with an authorization code. */
import { randomBytes } from "node:crypto"
import { decodeJwt, decodeProtectedHeader } from "jose"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { hashOf } from "../src/domain/hash.ts"
import { createGrantId, createOpaqueToken } from "../src/domain/opaque-token.ts"
import {
  basic,
  type KnownClient,
  type MintedCode,
  OTHER_RESOURCE,
  RESOURCE,
  startAuth,
  type TestAuth,
} from "./harness.ts"

let auth: TestAuth
let client: KnownClient
let minted: MintedCode
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.close())
beforeEach(async () => {
  client = await auth.registerClient()
  minted = await auth.authorizeCode({ client })
})

const isActive = async (token: unknown) => (await auth.introspect(String(token))).body["active"]
const invalidGrant = { status: 400, body: { error: "invalid_grant" } }
const eventsSince = (start: number) => auth.audited.slice(start).map(({ event }) => event)

describe("OAuth POST /token, authorization_code", () => {
  it("answers as RFC 6749 §5.1 says, uncached, and states the scope", async () => {
    const answer = await auth.redeem(client, minted)
    expect(answer.status).toBe(200)
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(Object.keys(answer.body).sort()).toEqual([
      "access_token",
      "expires_in",
      "refresh_token",
      "scope",
      "token_type",
    ])
    expect(answer.body).toMatchObject({ token_type: "Bearer", expires_in: 900, scope: "mcp" })
  })

  it("M2 issues an at+jwt whose issuer is the configured string and whose audience is the resource", async () => {
    const { accessToken } = await auth.tokensFor(client)
    expect(decodeProtectedHeader(accessToken)).toMatchObject({ alg: "ES256", typ: "at+jwt" })
    const now = auth.clock.now()
    expect(decodeJwt(accessToken)).toMatchObject({
      ...{ iss: auth.issuer, aud: RESOURCE, sub: "demo|ada", client_id: client.clientId, scope: "mcp" },
      ...{ iat: now, exp: now + 900 },
    })
  })

  it("T1 refuses a code the second time, and ends what the first one got", async () => {
    const first = await auth.redeem(client, minted)
    const before = auth.audited.length
    expect(await auth.redeem(client, minted)).toMatchObject(invalidGrant)
    expect(eventsSince(before)).toContain("auth.code.replayed")
    expect(await isActive(first.body["access_token"])).toBe(false)
    expect(await auth.refresh(client, String(first.body["refresh_token"]))).toMatchObject(invalidGrant)
  })

  it("T1 ends the access token of a client without refresh tokens too", async () => {
    const single = await auth.registerClient({ grantTypes: ["authorization_code"] })
    const code = await auth.authorizeCode({ client: single })
    const first = await auth.redeem(single, code)
    expect(first.body).not.toHaveProperty("refresh_token")
    expect(await auth.redeem(single, code)).toMatchObject(invalidGrant)
    expect(await isActive(first.body["access_token"])).toBe(false)
  })

  it("T4 gives the first its tokens, alive, when a second request comes before they are issued", async () => {
    const { issue } = auth.stores.grants
    const reached = Promise.withResolvers<void>()
    const second = Promise.withResolvers<void>()
    auth.stores.grants.issue = async (...issued) => {
      reached.resolve()
      await second.promise
      return issue(...issued)
    }
    const first = auth.redeem(client, minted)
    await reached.promise
    expect(await auth.redeem(client, minted)).toMatchObject(invalidGrant)
    auth.stores.grants.issue = issue
    second.resolve()
    expect((await first).status).toBe(200)
    expect(await isActive((await first).body["access_token"])).toBe(true)
  })

  it.each([
    ["a wrong verifier", { code_verifier: randomBytes(32).toString("base64url") }],
    ["another redirect_uri", { redirect_uri: "https://app.test/other" }],
    ["another resource", { resource: OTHER_RESOURCE }],
  ])("T2 revokes nothing when the replay has %s", async (_, override) => {
    const first = await auth.redeem(client, minted)
    const answer = await auth.redeem(client, minted, override)
    expect(answer.status).toBe(400)
    expect(await isActive(first.body["access_token"])).toBe(true)
  })

  it("T2 revokes nothing when another client replays", async () => {
    const first = await auth.redeem(client, minted)
    expect(await auth.redeem(await auth.registerClient(), minted)).toMatchObject(invalidGrant)
    expect(await isActive(first.body["access_token"])).toBe(true)
  })

  it("keeps a code alive after a wrong verifier, up to five times", async () => {
    const wrong = { code_verifier: "x".repeat(43) }
    for (let i = 0; i < 4; i++) expect(await auth.redeem(client, minted, wrong)).toMatchObject(invalidGrant)
    const other = await auth.authorizeCode({ client })
    for (let i = 0; i < 5; i++) expect(await auth.redeem(client, other, wrong)).toMatchObject(invalidGrant)
    expect((await auth.redeem(client, minted)).status).toBe(200)
    expect(await auth.redeem(client, other)).toMatchObject(invalidGrant)
  })

  it("T5 refuses a stored code that has no challenge", async () => {
    const grantId = createGrantId()
    const code = createOpaqueToken("code", grantId)
    const life = { createdAt: 0, absoluteExpiresAt: auth.clock.now() + 600, generation: 0, rotatedAt: 0, revokedAt: 0 }
    const of = { grantId, clientId: client.clientId, resource: RESOURCE, scope: "mcp" }
    const expiresAt = auth.clock.now() + 600
    await auth.stores.grants.create({ ...of, subject: "demo|ada", ...life }, expiresAt)
    const seeded = { ...of, redirectUri: "https://app.test/cb", codeChallenge: "", expiresAt }
    await auth.stores.authorizationCodes.save(hashOf(code), seeded)
    expect((await auth.redeem(client, { code, verifier: minted.verifier })).status).toBe(400)
  })

  it("refuses a request without a verifier, and leaves the code alone", async () => {
    const answer = await auth.redeem(client, minted, { code_verifier: undefined })
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid_request" } })
    expect((await auth.redeem(client, minted)).status).toBe(200)
  })

  it("T7 refuses a code that another client redeems, and leaves it to its owner", async () => {
    expect(await auth.redeem(await auth.registerClient(), minted)).toMatchObject(invalidGrant)
    expect((await auth.redeem(client, minted)).status).toBe(200)
  })

  it("T8 refuses a redirect_uri that differs, and accepts none", async () => {
    for (const redirect_uri of ["https://app.test/cb/", "https://evil.test/cb"])
      expect(await auth.redeem(client, minted, { redirect_uri })).toMatchObject(invalidGrant)
    expect((await auth.redeem(client, minted, { redirect_uri: undefined })).status).toBe(200)
  })

  it.each([
    ["another resource", `resource=${encodeURIComponent(OTHER_RESOURCE)}`],
    ["two resources", `resource=${encodeURIComponent(RESOURCE)}&resource=${encodeURIComponent(OTHER_RESOURCE)}`],
    ["a fragment", `resource=${encodeURIComponent(`${RESOURCE}#x`)}`],
    ["no URL", "resource=mcp"],
  ])("T9 refuses %s as invalid_target, and the code is still valid", async (_, resource) => {
    const form = new URLSearchParams({
      ...{ grant_type: "authorization_code", code: minted.code, code_verifier: minted.verifier },
      client_id: client.clientId,
    })
    const answer = await auth.post("/token", `${form}&${resource}`)
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid_target" } })
    const again = await auth.redeem(client, minted, { resource: "HTTPS://MCP.TEST:443/mcp" })
    expect(again.status).toBe(200)
  })

  it("refuses a code after ten minutes", async () => {
    const late = await startAuth()
    const known = await late.registerClient()
    const code = await late.authorizeCode({ client: known })
    late.clock.advance(600)
    expect(await late.redeem(known, code)).toMatchObject(invalidGrant)
    await late.close()
  })

  it("revokes codes that are not redeemed yet with their grant", async () => {
    for await (const page of auth.stores.grants.list({ clientId: client.clientId }))
      for (const grantId of page) await auth.stores.grants.revoke(grantId)
    expect(await auth.redeem(client, minted)).toMatchObject(invalidGrant)
  })

  it("renews a registered client by use", async () => {
    const year = await startAuth()
    const known = await year.registerClient()
    for (let month = 0; month < 4; month++) {
      year.clock.advance(20 * 86_400)
      expect((await year.redeem(known, await year.authorizeCode({ client: known }))).status).toBe(200)
    }
    year.clock.advance(31 * 86_400)
    const code = await year.authorizeCode({ client: known })
    expect(await year.redeem(known, code)).toMatchObject({ status: 401, body: { error: "invalid_client" } })
    await year.close()
  })

  it("T25 makes codes and tokens of at least 128 bits that never repeat", async () => {
    const made = Array.from({ length: 10_000 }, () => createOpaqueToken("code", createGrantId()))
    expect(new Set(made).size).toBe(made.length)
    const secrets = made.map((code) => Buffer.from(code.split(".")[1] ?? "", "base64url"))
    expect(Math.min(...secrets.map((secret) => secret.length))).toBe(32)
    // Each of 256 bits is set about as often as not: 5,000 ± 6 standard deviations of 50.
    for (let bit = 0; bit < 256; bit++) {
      const set = secrets.filter((secret) => ((secret[bit >> 3] ?? 0) >> (bit & 7)) & 1).length
      expect(Math.abs(set - 5000)).toBeLessThan(300)
    }
  })

  it("works with a secret in either place", async () => {
    for (const authMethod of ["client_secret_basic", "client_secret_post"] as const) {
      const confidential = await auth.registerClient({ authMethod })
      expect((await auth.redeem(confidential, await auth.authorizeCode({ client: confidential }))).status).toBe(200)
      const { code, verifier } = await auth.authorizeCode({ client: confidential })
      const form = { grant_type: "authorization_code", code, code_verifier: verifier }
      const answer = await auth.post("/token", form, basic(confidential.clientId, confidential.secret))
      expect(answer.status).toBe(200)
    }
  })
})
