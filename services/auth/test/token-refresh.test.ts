/** `POST /token` with a refresh token. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { sealSuccessor, unsealSuccessor } from "../src/domain/refresh-token.ts"
import { type KnownClient, OTHER_RESOURCE, startAuth, type TestAuth, type Tokens } from "./harness.ts"

const DAY = 86_400
const invalidGrant = { status: 400, body: { error: "invalid_grant" } }

let auth: TestAuth
let client: KnownClient
let tokens: Tokens
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.close())
beforeEach(async () => {
  client = await auth.registerClient()
  tokens = await auth.tokensFor(client)
})

const isActive = async (token: unknown) => (await auth.introspect(String(token))).body["active"]
const refreshed = async (refreshToken: string): Promise<Tokens> => {
  const { body } = await auth.refresh(client, refreshToken)
  return { accessToken: String(body["access_token"]), refreshToken: String(body["refresh_token"]) }
}

describe("OAuth POST /token, refresh_token", () => {
  it("rotates the refresh token, and leaves earlier access tokens alive", async () => {
    const next = await refreshed(tokens.refreshToken)
    expect(next.refreshToken).not.toBe(tokens.refreshToken)
    expect(await isActive(next.accessToken)).toBe(true)
    expect(await isActive(tokens.accessToken)).toBe(true)
  })

  it("F2 ends the whole family when a token is replayed whose successor was used", async () => {
    const second = await refreshed(tokens.refreshToken)
    const third = await refreshed(second.refreshToken)
    expect(await auth.refresh(client, tokens.refreshToken)).toMatchObject(invalidGrant)
    expect(auth.audited.map(({ event }) => event)).toContain("auth.token.reuse_detected")
    expect(await auth.refresh(client, third.refreshToken)).toMatchObject(invalidGrant)
    for (const { accessToken } of [tokens, second, third]) expect(await isActive(accessToken)).toBe(false)
  })

  it("F4 gives the same successor again within 30 seconds, to a client that lost the answer", async () => {
    const first = await refreshed(tokens.refreshToken)
    auth.clock.advance(29)
    const again = await refreshed(tokens.refreshToken)
    expect(again.refreshToken).toBe(first.refreshToken)
    expect(await isActive(again.accessToken)).toBe(true)
    expect((await auth.refresh(client, again.refreshToken)).status).toBe(200)
  })

  it("F4 takes it as stolen after that", async () => {
    const next = await refreshed(tokens.refreshToken)
    auth.clock.advance(31)
    expect(await auth.refresh(client, tokens.refreshToken)).toMatchObject(invalidGrant)
    expect(await auth.refresh(client, next.refreshToken)).toMatchObject(invalidGrant)
    expect(await isActive(next.accessToken)).toBe(false)
  })

  it("F6 refuses another client and a wrong secret, and changes nothing for the owner", async () => {
    const owner = await auth.registerClient({ authMethod: "client_secret_post" })
    const { refreshToken } = await auth.tokensFor(owner)
    expect(await auth.refresh(client, refreshToken)).toMatchObject(invalidGrant)
    const wrongSecret = await auth.refresh({ ...owner, secret: "x".repeat(43) }, refreshToken)
    expect(wrongSecret).toMatchObject({ status: 401, body: { error: "invalid_client" } })
    expect((await auth.refresh(owner, refreshToken)).status).toBe(200)
  })

  it("F7 refuses a wider scope without rotating; a narrower one narrows only the access token", async () => {
    const { refreshToken } = await auth.tokensFor(client, { scopes: ["mcp:tools", "mcp:prompts"] })
    for (const scope of ["mcp", "mcp:tools mcp:resources", "mcp:tools  mcp:prompts"]) {
      const wider = await auth.refresh(client, refreshToken, { scope })
      expect(wider).toMatchObject({ status: 400, body: { error: "invalid_scope" } })
    }
    const narrower = await auth.refresh(client, refreshToken, { scope: "mcp:tools" })
    expect(narrower.body).toMatchObject({ scope: "mcp:tools" })
    expect((await auth.introspect(String(narrower.body["access_token"]))).body["scope"]).toBe("mcp:tools")
    const full = await auth.refresh(client, String(narrower.body["refresh_token"]))
    expect(full.body).toMatchObject({ scope: "mcp:tools mcp:prompts" })
  })

  it("F7 lets mcp be narrowed to a scope under it", async () => {
    const narrower = await auth.refresh(client, tokens.refreshToken, { scope: "mcp:resources" })
    expect(narrower).toMatchObject({ status: 200, body: { scope: "mcp:resources" } })
  })

  it("refuses another resource as invalid_target without rotating", async () => {
    const answer = await auth.refresh(client, tokens.refreshToken, { resource: OTHER_RESOURCE })
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid_target" } })
    auth.clock.advance(60)
    expect((await auth.refresh(client, tokens.refreshToken)).status).toBe(200)
  })

  it("F9 refuses after the grants of the person were revoked", async () => {
    const person = await auth.tokensFor(client, { subject: "demo|leaver" })
    for await (const page of auth.stores.grants.list({ subject: "demo|leaver" }))
      for (const grantId of page) await auth.stores.grants.revoke(grantId)
    expect(await auth.refresh(client, person.refreshToken)).toMatchObject(invalidGrant)
    expect(await isActive(person.accessToken)).toBe(false)
    expect((await auth.refresh(client, tokens.refreshToken)).status).toBe(200)
  })

  it("F10 refuses an access token and a code as refresh tokens, and a refresh token as a code", async () => {
    const minted = await auth.authorizeCode({ client })
    for (const wrong of [
      tokens.accessToken,
      minted.code,
      minted.code.replace("ghc_", "ghr_"),
      "x",
      "ghr_.",
      `${tokens.refreshToken}\n`,
    ])
      expect(await auth.refresh(client, wrong)).toMatchObject(invalidGrant)
    expect(await auth.redeem(client, { ...minted, code: tokens.refreshToken })).toMatchObject(invalidGrant)
    const asCode = tokens.refreshToken.replace("ghr_", "ghc_")
    expect(await auth.redeem(client, { ...minted, code: asCode })).toMatchObject(invalidGrant)
    expect((await auth.redeem(client, minted)).status).toBe(200)
    expect((await auth.refresh(client, tokens.refreshToken)).status).toBe(200)
  })

  it("F16 ends cleanly at 90 days: never a 500, and nothing lives longer", async () => {
    const long = await startAuth()
    const known = await long.registerClient()
    let { refreshToken } = await long.tokensFor(known)
    for (let day = 0; day < 90; day += 6) {
      const answer = await long.refresh(known, refreshToken)
      expect(answer.status).toBe(200)
      refreshToken = String(answer.body["refresh_token"])
      long.clock.advance(6 * DAY - (day === 84 ? 1 : 0))
    }
    const last = await long.refresh(known, refreshToken)
    expect(last).toMatchObject({ status: 200, body: { expires_in: 1 } })
    long.clock.advance(1)
    expect(await long.refresh(known, String(last.body["refresh_token"]))).toMatchObject(invalidGrant)
    expect((await long.introspect(String(last.body["access_token"]))).body).toEqual({ active: false })
    await long.close()
  })

  it("refuses a refresh token that was not used for seven days", async () => {
    const idle = await startAuth()
    const known = await idle.registerClient()
    const { refreshToken } = await idle.tokensFor(known)
    idle.clock.advance(7 * DAY)
    expect(await idle.refresh(known, refreshToken)).toMatchObject(invalidGrant)
    await idle.close()
  })

  it("T19 refuses a client that is not registered for refresh_token", async () => {
    const single = await auth.registerClient({ grantTypes: ["authorization_code"] })
    const answer = await auth.refresh(single, tokens.refreshToken)
    expect(answer).toMatchObject({ status: 400, body: { error: "unauthorized_client" } })
  })

  it("seals a successor so that only the token it replaces opens it", () => {
    const sealed = sealSuccessor("next", "presented")
    expect(unsealSuccessor(sealed, "presented")).toBe("next")
    expect(unsealSuccessor(sealed, "another")).toBeUndefined()
    expect(unsealSuccessor("", "presented")).toBeUndefined()
    expect(sealSuccessor("next", "presented")).not.toBe(sealed)
  })

  it("tells resource servers of a reuse again when telling failed the first time", async () => {
    const { stores } = auth
    const told: unknown[] = []
    const { publish } = stores.revocations
    const second = await refreshed(tokens.refreshToken)
    await refreshed(second.refreshToken)
    stores.revocations.publish = async () => {
      const { unavailable } = await import("@gatehouse/oauth")
      throw unavailable("down")
    }
    expect((await auth.refresh(client, tokens.refreshToken)).status).toBe(503)
    stores.revocations.publish = async (event) => void told.push(event)
    expect(await auth.refresh(client, tokens.refreshToken)).toMatchObject(invalidGrant)
    stores.revocations.publish = publish
    expect(told).toMatchObject([{ kind: "grant" }])
  })
})
