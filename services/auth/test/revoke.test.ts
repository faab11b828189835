/** `POST /revoke`: what ends, and who is told. */
import { type RevocationEvent, unavailable } from "@gatehouse/oauth"
import { decodeJwt } from "jose"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { createMemoryStores } from "../src/stores/memory/index.ts"
import { type KnownClient, startAuth, type TestAuth, type Tokens } from "./harness.ts"

let auth: TestAuth
let client: KnownClient
let tokens: Tokens
let published: RevocationEvent[]
beforeAll(async () => {
  const stores = createMemoryStores({ now: () => Date.now() / 1000 })
  stores.revocations.publish = async (event) => void published.push(event)
  auth = await startAuth({ stores })
  client = await auth.registerClient()
})
afterAll(() => auth.close())
beforeEach(async () => {
  tokens = await auth.tokensFor(client)
  published = []
})

const isActive = async (token: string) => (await auth.introspect(token)).body["active"]

describe("OAuth POST /revoke", () => {
  it("V1 revokes an access token, that one alone, and tells resource servers which", async () => {
    const other = await auth.refresh(client, tokens.refreshToken)
    const answer = await auth.revoke(client, tokens.accessToken)
    expect(answer).toMatchObject({ status: 200, text: "" })
    expect(await isActive(tokens.accessToken)).toBe(false)
    expect(await isActive(String(other.body["access_token"]))).toBe(true)
    const { jti, grant_id: grantId } = decodeJwt(tokens.accessToken)
    expect(published).toEqual([{ kind: "token", grantId, jti }])
  })

  it("V2 revokes every token of the grant with a refresh token, a used one too", async () => {
    const other = await auth.refresh(client, tokens.refreshToken)
    expect((await auth.revoke(client, tokens.refreshToken)).status).toBe(200)
    for (const token of [tokens.accessToken, String(other.body["access_token"])])
      expect(await isActive(token)).toBe(false)
    const refresh = await auth.refresh(client, String(other.body["refresh_token"]))
    expect(refresh).toMatchObject({ status: 400, body: { error: "invalid_grant" } })
    expect(published[0]).toEqual({ kind: "grant", grantId: decodeJwt(tokens.accessToken)["grant_id"] })
  })

  it("V3 answers the same for a token that nobody knows", async () => {
    const forged = `${tokens.refreshToken.slice(0, -3)}AAA`
    const known = await auth.revoke(client, tokens.accessToken)
    for (const token of ["x", "a.b.c", "ghr_x", "\0", forged, `${tokens.accessToken.slice(0, -5)}AAAAA`]) {
      const answer = await auth.revoke(client, token)
      expect(answer).toMatchObject({ status: known.status, text: known.text })
    }
    expect((await auth.refresh(client, tokens.refreshToken)).status).toBe(200)
  })

  it("V5 refuses a client that is not authenticated, and revokes nothing", async () => {
    const confidential = await auth.registerClient({ authMethod: "client_secret_post" })
    const { accessToken } = await auth.tokensFor(confidential)
    const answer = await auth.revoke({ ...confidential, secret: "wrong" }, accessToken)
    expect(answer).toMatchObject({ status: 401, body: { error: "invalid_client" } })
    expect(await isActive(accessToken)).toBe(true)
  })

  it.each(["access_token", "refresh_token", "nonsense"])("V6 revokes whatever the hint says: %s", async (hint) => {
    await auth.revoke(client, tokens.accessToken, { token_type_hint: hint })
    expect(await isActive(tokens.accessToken)).toBe(false)
    await auth.revoke(client, tokens.refreshToken, { token_type_hint: hint })
    expect((await auth.refresh(client, tokens.refreshToken)).status).toBe(400)
  })

  it("V8 revokes the token, not its string: a re-encoded copy does as well, in both directions", async () => {
    await auth.revoke(client, `${tokens.accessToken}\n`)
    expect(await isActive(tokens.accessToken)).toBe(false)
    expect(await isActive(`${tokens.accessToken}\n`)).toBe(false)
  })

  it("V11 answers 405 to GET, and revokes nothing", async () => {
    const answer = await fetch(`${auth.base}/revoke?token=${tokens.accessToken}&client_id=${client.clientId}`)
    expect(answer.status).toBe(405)
    expect(answer.headers.get("allow")).toContain("POST")
    expect(await isActive(tokens.accessToken)).toBe(true)
  })

  it("refuses another client's token (RFC 7009 §2.1), which stays alive", async () => {
    const other = await auth.registerClient()
    for (const token of [tokens.accessToken, tokens.refreshToken])
      expect(await auth.revoke(other, token)).toMatchObject({ status: 400, body: { error: "invalid_grant" } })
    expect(await isActive(tokens.accessToken)).toBe(true)
    expect(published).toEqual([])
  })

  it("tells resource servers again when asked again: an answer may have been lost", async () => {
    for (const token of [tokens.accessToken, tokens.accessToken, tokens.refreshToken, tokens.refreshToken])
      expect((await auth.revoke(client, token)).status).toBe(200)
    expect(published.map(({ kind }) => kind)).toEqual(["token", "token", "grant", "grant"])
  })

  it("answers 503 when resource servers cannot be told, and does the rest when asked again", async () => {
    const { publish } = auth.stores.revocations
    auth.stores.revocations.publish = async () => {
      throw unavailable("down")
    }
    const failed = await auth.revoke(client, tokens.accessToken)
    auth.stores.revocations.publish = publish
    expect(failed.status).toBe(503)
    expect(failed.headers.get("retry-after")).not.toBeNull()
    expect((await auth.revoke(client, tokens.accessToken)).status).toBe(200)
    expect(published).toHaveLength(1)
  })

  it("writes down who was signed out by a pseudonym", async () => {
    await auth.revoke(client, tokens.refreshToken)
    const told = auth.audited.at(-1)
    expect(told).toMatchObject({ event: "auth.token.revoked", facts: { client_id: client.clientId } })
    expect(JSON.stringify(told)).not.toContain("ada")
  })
})
