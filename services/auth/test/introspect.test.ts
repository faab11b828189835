/** `POST /introspect`: what a resource server is told. */
import { randomUUID } from "node:crypto"
import { unavailable } from "@gatehouse/oauth"
import { decodeJwt } from "jose"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import {
  basic,
  type KnownClient,
  OTHER_RESOURCE,
  RESOURCE,
  resourceServerSecret,
  startAuth,
  type TestAuth,
  type Tokens,
} from "./harness.ts"

let auth: TestAuth
let client: KnownClient
let tokens: Tokens
beforeAll(async () => {
  auth = await startAuth()
  client = await auth.registerClient()
})
afterAll(() => auth.close())
beforeEach(async () => {
  tokens = await auth.tokensFor(client)
})

const inactive = { status: 200, text: '{"active":false}' }
const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/** The other last characters that decode to the same signature: 64 bytes leave four bits of the last one unused. */
function malleated(token: string): string[] {
  const last = base64url.indexOf(token.at(-1) ?? "")
  return Array.from({ length: 16 }, (_, i) => token.slice(0, -1) + base64url[(last & 0b110000) | i]).filter(
    (t) => t !== token,
  )
}

describe("OAuth POST /introspect", () => {
  it("tells everything about an active token (RFC 7662 §2.2)", async () => {
    const answer = await auth.introspect(tokens.accessToken)
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(answer.body).toEqual({ active: true, token_type: "Bearer", ...decodeJwt(tokens.accessToken) })
    expect(answer.body).toMatchObject({ iss: auth.issuer, aud: RESOURCE, sub: "demo|ada" })
  })

  it("accepts the resource server's secret in the header too", async () => {
    const answer = await auth.post("/introspect", { token: tokens.accessToken }, basic("mcp", resourceServerSecret))
    expect(answer.body["active"]).toBe(true)
  })

  it("I1 refuses without authentication, and tells nothing", async () => {
    const answer = await auth.post("/introspect", { token: tokens.accessToken })
    expect(answer).toMatchObject({ status: 401, body: { error: "invalid_client" } })
    expect(answer.text).not.toContain("demo|ada")
    for (const wrong of [
      basic("mcp", "wrong"),
      basic(randomUUID(), resourceServerSecret),
      { authorization: "Bearer x" },
    ])
      expect((await auth.post("/introspect", { token: tokens.accessToken }, wrong)).status).toBe(401)
  })

  it("I2 refuses clients, public or confidential, even about their own tokens", async () => {
    const publicClient = await auth.post("/introspect", { token: tokens.accessToken, client_id: client.clientId })
    expect(publicClient).toMatchObject({ status: 401, body: { error: "invalid_client" } })
    const { clientId, secret } = await auth.registerClient({ authMethod: "client_secret_basic" })
    const confidential = await auth.post("/introspect", { token: tokens.accessToken }, basic(clientId, secret))
    expect(confidential).toMatchObject({ status: 401, body: { error: "invalid_client" } })
  })

  it("I4 says exactly inactive of garbage, and of what expired, was revoked, or is for another resource", async () => {
    const garbage = ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "\0", "\u{1f600}", "x".repeat(20_000), ".."]
    for (const token of garbage) expect(await auth.introspect(token)).toMatchObject(inactive)
    expect(await auth.introspect(tokens.accessToken, { client_id: "other" })).toMatchObject(inactive)
    await auth.revoke(client, tokens.accessToken)
    expect(await auth.introspect(tokens.accessToken)).toMatchObject(inactive)

    const other = await auth.authorizeCode({ client, resource: OTHER_RESOURCE })
    const { body } = await auth.redeem(client, other)
    expect(await auth.introspect(String(body["access_token"]))).toMatchObject(inactive)
    const seen = await auth.introspect(String(body["access_token"]), { client_id: "other" })
    expect(seen.body["active"]).toBe(true)
  })

  it("I4 says inactive from the second it expires", async () => {
    const later = await startAuth()
    const { accessToken } = await later.tokensFor(await later.registerClient())
    later.clock.advance(899)
    expect((await later.introspect(accessToken)).body["active"]).toBe(true)
    later.clock.advance(1)
    expect(await later.introspect(accessToken)).toMatchObject(inactive)
    await later.close()
  })

  it("I5 says inactive of a refresh token and of a code", async () => {
    const { code } = await auth.authorizeCode({ client })
    for (const token of [tokens.refreshToken, code]) {
      expect(await auth.introspect(token)).toMatchObject(inactive)
      expect(await auth.introspect(token, { token_type_hint: "refresh_token" })).toMatchObject(inactive)
    }
  })

  it.each(["refresh_token", "access_token", "nonsense", ""])("I6 answers the same for the hint %j", async (hint) => {
    expect((await auth.introspect(tokens.accessToken, { token_type_hint: hint })).body["active"]).toBe(true)
  })

  it("I8 takes every string that verifies as the same token for the same token, revoked or not", async () => {
    const copies = [...malleated(tokens.accessToken), `${tokens.accessToken}\n`]
    expect(copies).toHaveLength(16)
    const original = await auth.introspect(tokens.accessToken)
    for (const copy of copies) expect((await auth.introspect(copy)).body).toEqual(original.body)
    await auth.revoke(client, tokens.accessToken)
    for (const copy of copies) expect(await auth.introspect(copy)).toMatchObject(inactive)
  })

  it("I8 takes no other string for it", async () => {
    const [header = "", payload = "", signature = ""] = tokens.accessToken.split(".")
    const others = [
      `${header}.${payload}.${signature.slice(0, -2)}`,
      `${header}.${payload}.${signature.slice(0, 5)}!${signature.slice(5)}`,
      ` ${tokens.accessToken}`,
      `${tokens.accessToken}\n\n`,
      `${tokens.accessToken}=`,
      `${header}=.${payload}.${signature}`,
    ]
    for (const other of others) expect(await auth.introspect(other)).toMatchObject(inactive)
  })

  it("I9 says inactive of a forged payload with a real jti", async () => {
    const [header, payload = "", signature] = tokens.accessToken.split(".")
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString())
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: "demo|root", scope: "mcp admin" })).toString(
      "base64url",
    )
    expect(await auth.introspect(`${header}.${forged}.${signature}`)).toMatchObject(inactive)
  })

  it("I11 answers 503 with Retry-After when the store is down, never inactive", async () => {
    const { introspect } = auth.stores.grants
    auth.stores.grants.introspect = async () => {
      throw unavailable("the store does not answer")
    }
    const answer = await auth.introspect(tokens.accessToken)
    auth.stores.grants.introspect = introspect
    expect(answer).toMatchObject({ status: 503, body: { error: "temporarily_unavailable" } })
    expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/)
    expect(answer.text).not.toContain('active":')
  })

  it("refuses a request without a token, and a repeated one", async () => {
    expect(await auth.introspect("")).toMatchObject({ status: 400, body: { error: "invalid_request" } })
    const twice = `token=x&token=y&client_id=mcp&client_secret=${resourceServerSecret}`
    expect(await auth.post("/introspect", twice)).toMatchObject({ status: 400, body: { error: "invalid_request" } })
  })
})
