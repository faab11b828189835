/** Which preset an issuer gets, and which configurations are refused at once. */
import { describe, expect, it } from "vitest"
import { findPreset, PROVIDER_NAMES } from "../../src/providers/index.ts"
import { WrongConfiguration } from "../../src/wrong-configuration.ts"

const TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
const COGNITO = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE"

describe("findPreset", () => {
  it.each([
    ["https://acme.us.auth0.com/", "auth0"],
    ["https://acme.okta.com/oauth2/default", "okta"],
    ["https://acme.oktapreview.com/oauth2/aus1", "okta"],
    ["https://acme.okta.com", "okta-org"],
    [`https://login.microsoftonline.com/${TENANT}/v2.0`, "entra"],
    [`https://sts.windows.net/${TENANT}/`, "entra"],
    [COGNITO, "cognito"],
    ["https://accounts.google.com", "google"],
    ["https://accounts.google.com/", "google"],
    ["https://github.com", "github"],
    ["https://github.com/login/oauth", "github"],
    ["https://kc.example.com/realms/acme", "keycloak"],
    ["https://sso.example.com/auth/realms/acme", "keycloak"],
    ["https://acme.zitadel.cloud", "zitadel"],
    ["https://id.example.com/application/o/mcp/", "authentik"],
    ["https://auth.pingone.eu/1234/as", "pingone"],
    ["https://acme.customers.stytch.dev", "stytch"],
    ["https://brave-cat-1.clerk.accounts.dev", "clerk"],
    ["https://acme.logto.app/oidc", "logto"],
    ["https://acme.authkit.app", "workos"],
    ["https://api.descope.com/v1/apps/P1", "descope"],
    ["https://acme.scalekit.com/resources/res_1", "scalekit"],
    ["https://abc.supabase.co/auth/v1", "supabase"],
    ["https://issuer.example.com", "generic"],
    ["https://evil-auth0.com/", "generic"],
    ["https://auth0.com.evil.example/", "generic"],
    ["https://github.com.evil.example", "generic"],
    ["https://cognito-idp.us-east-1.amazonaws.com.evil.example/p", "generic"],
  ])("recognises %s as %s", (issuer, name) => {
    expect(findPreset({ issuer }).name).toBe(name)
    expect(findPreset({ issuer, provider: "auto" }).name).toBe(name)
  })
  it("takes the preset that the operator names, whatever the host", () => {
    expect(findPreset({ issuer: "https://login.example.com/", provider: "auth0" }).name).toBe("auth0")
  })
  it("refuses a name that nobody knows, and lists those that are known", () => {
    const find = () => findPreset({ issuer: "https://a.example", provider: "auth-zero" })
    expect(find).toThrow(WrongConfiguration)
    expect(find).toThrow(/AUTH_PROVIDER=auth-zero is unknown: it is one of auth0, okta, .*generic/)
    expect(() => findPreset({ issuer: "https://a.example", provider: "constructor" })).toThrow(WrongConfiguration)
  })
  it("knows our own authorization server by its metadata, and nobody else", () => {
    const issuer = "https://auth.example.com"
    const metadata = { issuer, gatehouse_access_token_type: "at+jwt" }
    expect(findPreset({ issuer }, metadata).name).toBe("gatehouse")
    expect(findPreset({ issuer }, { issuer }).name).toBe("generic")
    expect(findPreset({ issuer, provider: "oidc" }, metadata).name).toBe("oidc")
    expect(findPreset({ issuer: "https://acme.us.auth0.com/" }, metadata).name).toBe("auth0")
  })
  it("says of Cognito's login domain what to configure in its place", () => {
    const issuer = "https://acme.auth.us-east-1.amazoncognito.com"
    expect(() => findPreset({ issuer })).toThrow(/set AUTH_SERVER_URL to https:\/\/cognito-idp\./)
  })
  it.each(["common", "organizations"])(
    "refuses Entra's issuer of all tenants (%s) without a list of tenants",
    (name) => {
      const issuer = `https://login.microsoftonline.com/${name}/v2.0`
      expect(() => findPreset({ issuer })).toThrow(/ALLOWED_TENANTS/)
      expect(() => findPreset({ issuer: `${issuer}/` })).toThrow(/ALLOWED_TENANTS/)
      expect(findPreset({ issuer, allowedTenants: [TENANT] }).name).toBe("entra")
    },
  )
  it("says of Entra's login host without a version what is missing", () => {
    expect(() => findPreset({ issuer: `https://login.microsoftonline.com/${TENANT}` })).toThrow(/\{tenant id\}\/v2\.0/)
  })
  it("has one name for each preset", () => {
    expect(new Set(PROVIDER_NAMES).size).toBe(PROVIDER_NAMES.length)
  })
})
