/** The MCP service as it is, in front of a Keycloak as it is: what is accepted, refused, and survived. */
import { describe, expect, it } from "vitest"
import { callerOf, cannotTell, ok, refused } from "./answers.ts"
import { HASTY_SECONDS, keyHolder } from "./mcp-realm.ts"
import { credentials, environmentOf, modes, RESOURCE, startAll } from "./setting.ts"
import { addSigningKey, removeSigningKey } from "./signing-keys.ts"
import { accessTokenOf, boundToken, claimsOf, headerOf, revoke, robotToken, signIn, signOut } from "./token-requests.ts"

const setting = startAll()

describe.each(modes)("Keycloak, TOKEN_VALIDATION=%s: what is served", (mode) => {
  it("names Keycloak's issuer byte for byte in the protected resource metadata", async () => {
    const { realm, service } = setting.of(mode)
    const document = await fetch(`${realm.issuer}/.well-known/openid-configuration`).then((answer) => answer.json())
    const metadata = await fetch(`${service.origin}/.well-known/oauth-protected-resource`)
    expect(await metadata.json()).toMatchObject({
      resource: RESOURCE,
      authorization_servers: [(document as { issuer: string }).issuer],
    })
    expect(service.output()).toContain(`"strategy":"${mode}"`)
  })

  it("serves a user's token, and knows whose it is", async () => {
    const { realm, service } = setting.of(mode)
    const token = await accessTokenOf(realm)
    const answer = await service.call(token)
    expect(answer).toEqual(ok)
    const { sub: subject } = claimsOf(token)
    expect(callerOf(answer)).toMatchObject({ subject, issuer: realm.issuer, clientId: "agent" })
    expect(callerOf(answer)?.["scopes"]).toContain("mcp:tools")
  })

  it("serves a token of a client that acts for itself", async () => {
    const { realm, service } = setting.of(mode)
    const answer = await service.call(await robotToken(realm))
    expect(callerOf(answer)).toMatchObject({ clientId: "robot", scopes: ["mcp:tools"] })
  })

  it("serves a token whose header says at+jwt", async () => {
    const { realm, service } = setting.of(mode)
    const token = await accessTokenOf(realm, "by-the-book")
    expect(headerOf(token).typ).toBe("at+jwt")
    expect(await service.call(token)).toEqual(ok)
  })
})

describe.each(modes)("Keycloak, TOKEN_VALIDATION=%s: what is refused", (mode) => {
  it("a request without a token, and says where to get one", async () => {
    const { status, challenge } = await setting.of(mode).service.call()
    expect(status).toBe(401)
    expect(challenge).toContain("resource_metadata=")
    expect(challenge).not.toContain("error=")
  })

  it("a token that lacks the scope, with the scope that would do", async () => {
    const { realm, service } = setting.of(mode)
    const { status, challenge } = await service.call(await accessTokenOf(realm, "agent", "openid mcp:prompts"))
    expect(status).toBe(403)
    expect(challenge).toMatch(/error="insufficient_scope".*scope="mcp:tools"|scope="mcp:tools".*insufficient_scope/)
  })

  it("a token of a client without the audience mapper", async () => {
    const { realm, service } = setting.of(mode)
    const token = await accessTokenOf(realm, "stranger")
    expect(claimsOf(token)).toMatchObject({ aud: "account", scope: expect.stringContaining("mcp:tools") })
    expect(await service.call(token)).toEqual(refused(/for another resource/))
  })

  it("ID and refresh tokens, though Keycloak calls them active and for us", async () => {
    const { realm, service } = setting.of(mode)
    const { id_token, refresh_token } = await signIn(realm)
    expect(await service.call(id_token)).toEqual(refused(/not an access token/))
    // Signed with a secret that only Keycloak knows: here it can but be unknown.
    expect(await service.call(refresh_token)).toEqual(refused(/not an access token|not signed|not known|unknown key/))
  })

  it("a token that is bound to a key (DPoP)", async () => {
    const { realm, service } = setting.of(mode)
    expect(await service.call(await boundToken(realm))).toEqual(refused(/not an access token/))
  })

  it("a token of another realm", async () => {
    const { realm } = setting.of(mode === "hybrid" ? "introspection" : "hybrid")
    const token = await accessTokenOf(realm)
    expect(await setting.of(mode).service.call(token)).toEqual(refused(/another issuer|another resource/))
  })

  it("a token with a changed signature, and what is no token", async () => {
    const { realm, service } = setting.of(mode)
    const [header, payload, signature = ""] = (await accessTokenOf(realm)).split(".")
    const changed = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`
    expect(await service.call(`${header}.${payload}.${changed}`)).toEqual(refused())
    expect(await service.call("no-token-at-all")).toEqual(refused())
  })

  it("an expired token, whether it was seen before or not", async () => {
    const { realm, service } = setting.of(mode)
    const [unseen, seen] = [await accessTokenOf(realm, "hasty"), await accessTokenOf(realm, "hasty")]
    expect(await service.call(seen)).toEqual(ok)
    const allowance = { timeout: (HASTY_SECONDS + 5 + 3) * 1000, interval: 500 } // 5 s: how far clocks may be apart
    await expect.poll(() => service.call(seen), allowance).toEqual(refused(/expired/))
    expect(await service.call(unseen)).toEqual(refused(/expired/))
  })
})

describe.each(modes)("Keycloak, TOKEN_VALIDATION=%s: what changes", (mode) => {
  it("a session ends: its tokens are refused, at once when new, else when the answer about them is old", async () => {
    const { realm } = setting.of(mode)
    const seconds = 2
    const env = { ...environmentOf(mode), TOKEN_CACHE_SECONDS: String(seconds) }
    const service = await setting.startService(realm, env)
    const [seen, unseen] = [await signIn(realm), await signIn(realm)]
    expect(await service.call(seen.access_token)).toEqual(ok)
    const answeredAt = performance.now()
    for (const tokens of [seen, unseen]) await signOut(realm, tokens)
    expect(await service.call(unseen.access_token)).toEqual(refused(/revoked/))
    await expect.poll(() => service.call(seen.access_token), { timeout: 10_000 }).toEqual(refused(/revoked/))
    expect(performance.now() - answeredAt).toBeLessThan((seconds + 1) * 1000)
  })

  it("a token is revoked (RFC 7009)", async () => {
    const { realm, service } = setting.of(mode)
    const token = await accessTokenOf(realm)
    await revoke(realm, token)
    expect(await service.call(token)).toEqual(refused(/revoked/))
  })

  it("the administrator lets nothing count that was issued before now", async () => {
    const { realm, service } = setting.of(mode)
    const token = await accessTokenOf(realm)
    const notBefore = Math.floor(Date.now() / 1000) + 1
    await setting.admin().put(`/${realm.name}`, { notBefore })
    expect(await service.call(token)).toEqual(refused(/revoked/))
    const issuedAt = async () => claimsOf(await accessTokenOf(realm))["iat"]
    await expect.poll(issuedAt, { timeout: 5000 }).toBeGreaterThanOrEqual(notBefore)
    expect(await service.call(await accessTokenOf(realm))).toEqual(ok)
  })

  it("the signing keys are rotated: no restart, and one look for the new one", async () => {
    const { realm, service, proxy } = setting.of(mode)
    const [seen, unseen, late] = [await accessTokenOf(realm), await accessTokenOf(realm), await accessTokenOf(realm)]
    expect(await service.call(seen)).toEqual(ok)
    const readings = proxy.count("/certs")
    const old = await addSigningKey(setting.admin(), realm)
    const next = await accessTokenOf(realm)
    expect(headerOf(next).kid).not.toBe(headerOf(seen).kid)
    for (const token of [seen, unseen, next]) expect(await service.call(token)).toEqual(ok)
    expect(proxy.count("/certs")).toBe(readings + (mode === "hybrid" ? 1 : 0))
    await removeSigningKey(setting.admin(), realm, old)
    expect(await service.call(late)).toEqual(refused())
    expect(await service.call(await accessTokenOf(realm))).toEqual(ok)
  })
})

describe("Keycloak and the ways of validating", () => {
  it("takes hybrid by itself, knowing Keycloak by its issuer's path", async () => {
    const { realm } = setting.of("hybrid")
    const service = await setting.startService(realm, credentials)
    expect(service.output()).toContain('"strategy":"hybrid"')
    expect(await service.call(await accessTokenOf(realm))).toEqual(ok)
  })

  it("takes jwt without credentials, says what that costs, and serves a token of an ended session", async () => {
    const { realm } = setting.of("hybrid")
    const service = await setting.startService(realm, {})
    expect(service.output()).toMatch(/"strategy":"jwt".*until it expires/)
    const tokens = await signIn(realm)
    await signOut(realm, tokens)
    expect(await service.call(tokens.access_token)).toEqual(ok)
    expect(await service.call(await accessTokenOf(realm, "stranger"))).toEqual(refused(/for another resource/))
  })

  it("serves a lightweight token by introspection, since only Keycloak can say anything about it", async () => {
    const { realm, service } = setting.of("introspection")
    const token = await accessTokenOf(realm, "lightweight")
    expect(claimsOf(token)).not.toHaveProperty("aud")
    expect(await service.call(token)).toEqual(ok)
  })

  it("hybrid asks Keycloak nothing about tokens whose signature or claims are wrong", async () => {
    const { realm, service, proxy } = setting.of("hybrid")
    const { id_token } = await signIn(realm)
    const wrong = [
      await accessTokenOf(realm, "stranger"),
      await accessTokenOf(realm, "lightweight"),
      await accessTokenOf(setting.of("introspection").realm),
      id_token,
      "no-token-at-all",
    ]
    const asked = proxy.count("/introspect")
    for (const token of wrong) expect(await service.call(token)).toEqual(refused())
    expect(proxy.count("/introspect")).toBe(asked)
  })
})

describe("Keycloak and who we are to it", () => {
  it.each([
    ["client_secret_post", credentials],
    [
      "private_key_jwt",
      {
        INTROSPECTION_CLIENT_ID: keyHolder.clientId,
        INTROSPECTION_PRIVATE_KEY: JSON.stringify(keyHolder.privateJwk),
      },
    ],
  ])("knows us by %s", async (method, who) => {
    const { realm } = setting.of("introspection")
    const env = { TOKEN_VALIDATION: "introspection", INTROSPECTION_AUTH_METHOD: method, ...who }
    const service = await setting.startService(realm, env)
    expect(await service.call(await accessTokenOf(realm))).toEqual(ok)
    expect(await service.call(await accessTokenOf(realm, "stranger"))).toEqual(refused(/for another resource/))
  })

  it.each(modes)("%s: a wrong secret is no fault of the token: 503, and one line for the operator", async (mode) => {
    const { realm } = setting.of(mode)
    const wrong = { ...environmentOf(mode), INTROSPECTION_CLIENT_SECRET: "another-secret" }
    const service = await setting.startService(realm, wrong)
    for (let i = 0; i < 3; i++) expect(await service.call(await accessTokenOf(realm))).toEqual(cannotTell)
    const lines = service.output().split("\n")
    expect(lines.filter((line) => line.includes("tokens cannot be checked"))).toEqual([
      expect.stringMatching(/"level":"error".*credentials_rejected/),
    ])
    expect(service.output()).not.toContain("another-secret")
  })
})

describe("Keycloak goes away and comes back", () => {
  it("serves what it knows, cannot tell about the rest, stays ready, and needs no restart", async () => {
    const tokens = new Map<string, { known: string; unknown: string }>()
    for (const mode of modes) {
      const { realm, service } = setting.of(mode)
      const [known, unknown] = [await accessTokenOf(realm), await accessTokenOf(realm)]
      tokens.set(mode, { known, unknown })
      expect(await service.call(known)).toEqual(ok)
    }
    await setting.keycloak().stop()
    for (const mode of modes) {
      const { service } = setting.of(mode)
      expect(await service.call(tokens.get(mode)?.known)).toEqual(ok)
      for (let i = 0; i < 3; i++) expect(await service.call(tokens.get(mode)?.unknown)).toEqual(cannotTell)
      expect(await service.isReady()).toBe(true)
    }
    await setting.keycloak().start()
    for (const mode of modes) {
      const { realm, service } = setting.of(mode)
      const statusOfUnknown = async () => (await service.call(tokens.get(mode)?.unknown)).status
      // The circuit to it may stay open for some seconds more.
      await expect.poll(statusOfUnknown, { timeout: 40_000, interval: 500 }).toBe(200)
      expect(await service.call(await accessTokenOf(realm))).toEqual(ok)
    }
  }, 180_000)

  it.each(modes)("%s: nothing of tokens and secrets is in the log", (mode) => {
    expect(setting.of(mode).service.output()).not.toMatch(/eyJ|a-secret-for/)
  })
})
