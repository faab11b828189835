/** What the presets of JWTs and of introspection make of the words of their provider, on bodies in the provider's shape. */
import { describe, expect, it } from "vitest"
import { Unavailable } from "../../src/unavailable.ts"
import { fixture, type Json } from "./fixture.ts"
import { isAccessToken, preset, read } from "./reading.ts"

const TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"

describe("auth0", () => {
  it("reads the client and the permissions of its own profile", () => {
    const claims = read("auth0", fixture("auth0.access-token.auth0-profile"))
    expect(claims).toMatchObject({
      sub: "auth0|6553da60a54af58e29493993",
      client_id: "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
      scope: "openid profile mcp:read mcp:write",
    })
  })
  it("reads the RFC 9068 profile", () => {
    expect(read("auth0", fixture("auth0.access-token.rfc9068-profile"))).toMatchObject({
      client_id: "awZfdIir8YFdGZWkvCejDoUb7SjTDicx",
      scope: "mcp:read",
    })
  })
  it("tells an ID token, which names no client but as audience", () => {
    const access = fixture("auth0.access-token.auth0-profile")
    const { azp: _azp, permissions: _permissions, scope: _scope, ...identity } = access
    expect(isAccessToken("auth0", access)).toBe(true)
    expect(isAccessToken("auth0", { ...identity, aud: "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja" })).toBe(false)
    expect(isAccessToken("auth0", { ...access, nonce: "n" })).toBe(false)
  })
  it("refuses permissions that are no scopes", () => {
    const raw = { ...fixture("auth0.access-token.auth0-profile"), permissions: ["mcp:read mcp:admin"] }
    expect(() => read("auth0", raw)).toThrow(Unavailable)
  })
})

describe("okta", () => {
  it("reads cid and the array scp of a JWT", () => {
    expect(read("okta", fixture("okta.custom.access-token"))).toMatchObject({
      sub: "john.doe@example.com",
      client_id: "nmdP1fcyvdVO11AL7ECm",
      scope: "openid mcp:read",
    })
  })
  it("reads an introspection answer", () => {
    expect(read("okta-org", fixture("okta.introspect.active"))).toMatchObject({
      client_id: "a9VpZDRCeFh3Nkk2VdYa",
      scope: "openid profile mcp:read",
    })
  })
  it("tells refresh and ID tokens from access tokens", () => {
    expect(isAccessToken("okta-org", fixture("okta.introspect.active"))).toBe(true)
    expect(isAccessToken("okta", fixture("okta.custom.access-token"))).toBe(true)
    expect(isAccessToken("okta-org", fixture("okta.introspect.refresh-token"))).toBe(false)
    const { cid: _cid, scp: _scp, ...identity } = fixture("okta.custom.access-token")
    expect(isAccessToken("okta", identity)).toBe(false)
    expect(isAccessToken("okta-org", { ...fixture("okta.introspect.active"), jti: "ID.abc" })).toBe(false)
  })
})

describe("entra", () => {
  const v2 = fixture("entra.access-token.v2.user")
  const v1 = fixture("entra.access-token.v1.user")
  const documentIssuer = `https://login.microsoftonline.com/${TENANT}/v2.0`
  const none = { allowedClientIds: [], allowedTenants: [] }
  const accepts = (raw: Json, changes: { documentIssuer?: string; allowedTenants?: string[] } = {}) =>
    preset("entra").acceptsIssuer?.(String(raw["iss"]), {
      documentIssuer: changes.documentIssuer ?? documentIssuer,
      raw,
      settings: { ...none, allowedTenants: changes.allowedTenants ?? [] },
    })

  it.each([
    ["a version 2 token of a person", v2, "mcp.read access_as_user"],
    ["a version 1 token of a person", v1, "mcp.read"],
  ])("reads %s", (_, raw, scope) => {
    expect(read("entra", raw)).toMatchObject({
      sub: `${TENANT}|690222be-ff1a-4d56-abd1-7e4f7d38e474`,
      client_id: "6e74172b-be56-4843-9ff4-e66a39bb12e3",
      scope,
    })
  })
  it("reads the roles of an application as scopes", () => {
    expect(read("entra", fixture("entra.access-token.v2.app"))).toMatchObject({ scope: "Mcp.Read.All" })
  })
  it.each(["oid", "tid"])("leaves the subject out when %s is missing", (name) => {
    const { [name]: _, ...raw } = v2
    expect(read("entra", raw).sub).toBeUndefined()
  })
  it("tells an ID token of the same application, with roles or without a nonce too", () => {
    const identity = fixture("entra.id-token.same-app")
    const { nonce: _nonce, ...without } = identity
    expect(isAccessToken("entra", v1)).toBe(true)
    expect(isAccessToken("entra", v2)).toBe(true)
    for (const raw of [identity, without, { ...without, roles: ["Mcp.Read.All"] }])
      expect(isAccessToken("entra", raw)).toBe(false)
  })
  it("accepts both spellings of its tenant, and of no other", () => {
    expect(accepts(v2)).toBe(true)
    expect(accepts(v1)).toBe(true)
    const other = "11111111-86f1-41af-91ab-2d7cd011db47"
    expect(accepts({ ...v2, iss: `https://login.microsoftonline.com/${other}/v2.0`, tid: other })).toBe(false)
    expect(accepts({ ...v1, iss: `https://sts.windows.net/${other}/`, tid: other })).toBe(false)
    expect(accepts({ ...v2, tid: other })).toBe(false)
    expect(accepts({ ...v2, iss: `https://login.example.com/${TENANT}/v2.0` })).toBe(false)
    expect(accepts({ ...v1, iss: `https://sts.windows.net/${TENANT}` })).toBe(false)
  })
  it.each([
    ["the template", "https://login.microsoftonline.com/{tenantid}/v2.0"],
    ["what is configured", "https://login.microsoftonline.com/common/v2.0"],
  ])("accepts only allowed tenants when the document is that of all of them (%s)", (_, template) => {
    expect(accepts(v2, { documentIssuer: template })).toBe(false)
    expect(accepts(v2, { documentIssuer: template, allowedTenants: [TENANT] })).toBe(true)
    expect(accepts(v1, { documentIssuer: template, allowedTenants: [TENANT] })).toBe(true)
    expect(accepts(v2, { documentIssuer: template, allowedTenants: ["another"] })).toBe(false)
  })
  it("lets a key vouch for the tenants that it says, in both spellings", () => {
    const [tenantKey, personalKey] = fixture("entra.common.keys")["keys"] as [Json, Json]
    const keyIssuer = (jwk: Json, raw: Json) => preset("entra").keyIssuer?.(jwk, raw)
    expect(keyIssuer(tenantKey, v2)).toBe(v2["iss"])
    expect(keyIssuer(tenantKey, v1)).toBe(v1["iss"])
    expect(keyIssuer(personalKey, v2)).not.toBe(v2["iss"])
    expect(keyIssuer(personalKey, v1)).not.toBe(v1["iss"])
    expect(keyIssuer({ kid: "without" }, v2)).toBeUndefined()
    expect(keyIssuer(tenantKey, { ...v2, tid: "$&" })).toBe("https://login.microsoftonline.com/$&/v2.0")
  })
  it("expects the template of a document of many tenants", () => {
    const { issuerOf } = preset("entra")
    expect(issuerOf?.("https://login.microsoftonline.com/common/v2.0")).toBe(
      "https://login.microsoftonline.com/{tenantid}/v2.0",
    )
    expect(issuerOf?.(documentIssuer)).toBe(documentIssuer)
  })
})

describe("cognito", () => {
  it.each(["no-aud", "resource-bound"])("reads an access token (%s)", (kind) => {
    const raw = fixture(`cognito.access-token.${kind}`)
    expect(isAccessToken("cognito", raw)).toBe(true)
    expect(read("cognito", raw)).toMatchObject({
      client_id: "xxxxxxxxxxxxexample",
      scope: "openid https://mcp.example.com/mcp/mcp.read",
      token_use: "access",
    })
  })
  it("takes nothing but token_use access", () => {
    expect(isAccessToken("cognito", fixture("cognito.id-token"))).toBe(false)
    const { token_use: _, ...without } = fixture("cognito.access-token.no-aud")
    expect(isAccessToken("cognito", without)).toBe(false)
  })
})

describe("servers that introspect", () => {
  it("keycloak: takes Bearer, and no ID, refresh or logout token", () => {
    const raw = fixture("keycloak.introspect.active")
    expect(isAccessToken("keycloak", raw)).toBe(true)
    for (const typ of ["ID", "Refresh", "Offline", "Logout", undefined])
      expect(isAccessToken("keycloak", { ...raw, typ })).toBe(false)
    const { client_id: _, ...jwt } = raw
    expect(read("keycloak", jwt)).toMatchObject({ client_id: "mcp-client", scope: "email profile mcp:read" })
  })
  it("hydra: takes access tokens alone", () => {
    const raw = fixture("hydra.introspect.active")
    expect(isAccessToken("hydra", raw)).toBe(true)
    expect(isAccessToken("hydra", { ...raw, token_use: "refresh_token" })).toBe(false)
    expect(read("hydra", raw)).toMatchObject({ aud: [], scope: "openid mcp:read" })
  })
  it.each([
    ["zitadel", "78366401571920522@acme"],
    ["stytch", "connected-app-test-1"],
    ["clerk", "d2bTbNvEa2wHrJZB"],
  ])("%s: reads its documented answer", (name, client) => {
    const raw = fixture(`${name}.introspect.active`)
    expect(isAccessToken(name, raw)).toBe(true)
    expect(read(name, raw).client_id).toBe(client)
  })
  it("know endpoints that their metadata may not name", () => {
    const endpoint = (name: string, issuer: string) => preset(name).introspectionEndpoint?.(issuer)
    expect(endpoint("clerk", "https://a.clerk.accounts.dev")).toBe("https://a.clerk.accounts.dev/oauth/token_info")
    expect(endpoint("stytch", "https://a.customers.stytch.dev/")).toBe(
      "https://a.customers.stytch.dev/v1/oauth2/introspect",
    )
  })
})
