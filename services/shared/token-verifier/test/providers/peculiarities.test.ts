/** What only one provider does: how it is found, what it refuses to start with, what it says of refusals, what it is never asked. */
import { manualClock } from "@gatehouse/test-kit"
import { describe, expect, it, onTestFinished } from "vitest"
import type { AuthorizationServerOptions } from "../../src/options.ts"
import { createTokenVerifier } from "../../src/token-verifier.ts"
import { WrongConfiguration } from "../../src/wrong-configuration.ts"
import { providerCases } from "./emulators/index.ts"
import { startKeycloakWithoutMapper } from "./emulators/keycloak.ts"
import { startOktaAtInsertedPath } from "./emulators/okta.ts"
import { type ProviderCase, RESOURCE, type RunningProvider } from "./emulators/provider-case.ts"

function provider(name: string): ProviderCase {
  const found = providerCases.find((each) => each.name === name)
  if (!found) throw new Error(`no case ${name}`)
  return found
}

/** A verifier with these settings on this provider, not started. */
async function verifierOf(options: AuthorizationServerOptions, start: (now: () => number) => Promise<RunningProvider>) {
  const clock = manualClock()
  const running = await start(clock.now)
  onTestFinished(() => running.emulator.close())
  const warnings: string[] = []
  const verifier = createTokenVerifier({
    audience: RESOURCE,
    servers: [options],
    dispatcher: running.emulator.dispatcher,
    log: { info: () => {}, warn: (_, message) => void warnings.push(message), error: () => {} },
    limits: { rediscoverSeconds: 0.05 },
    now: clock.now,
    uptime: clock.now,
  })
  onTestFinished(() => verifier.close())
  return { ...running, clock, warnings, verifier }
}

const ofCase = (name: string, changes: Partial<AuthorizationServerOptions> = {}) => {
  const { options, start } = provider(name)
  return verifierOf({ ...options, ...changes }, start)
}

/** The same settings, but for one that is missing. */
const without = (name: string, setting: keyof AuthorizationServerOptions) => {
  const { [setting]: _, ...options } = provider(name).options
  return verifierOf(options as AuthorizationServerOptions, provider(name).start)
}

const valid = expect.objectContaining({ outcome: "valid" })
const google = "google"
const github = "github, an OAuth App's token without expiry"
const hydra = "hydra, tokens with our audience"

describe("issuers, as clients must see them", () => {
  it.each([
    ["auth0, its auth0 profile", "https://acme.us.auth0.com", "https://acme.us.auth0.com/"],
    ["auth0, its auth0 profile", "https://acme.us.auth0.com/", "https://acme.us.auth0.com/"],
    [google, "https://accounts.google.com/", "https://accounts.google.com"],
    [github, "https://github.com", "https://github.com/login/oauth"],
    [github, "https://github.com/login/oauth", "https://github.com/login/oauth"],
    ["keycloak alone", "https://kc.example.com/realms/acme/", "https://kc.example.com/realms/acme"],
  ])("%s, configured as %s, is %s", async (name, issuer, published) => {
    const { issue, verifier } = await ofCase(name, { issuer })
    await verifier.start()
    expect(verifier.servers()[0]?.issuer).toBe(published)
    expect(await verifier.verifyToken(issue("good"))).toMatchObject({ outcome: "valid", claims: { iss: published } })
  })
  it("entra for all tenants is published as it is configured, since its document only has a template", async () => {
    const { verifier } = await ofCase("entra, tokens of allowed tenants")
    await verifier.start()
    expect(verifier.servers()[0]?.issuer).toBe("https://login.microsoftonline.com/common/v2.0")
  })
  it("okta is found by the path-inserted form too", async () => {
    const { options } = provider("okta, a custom server that we may ask")
    const { issue, verifier } = await verifierOf(options, startOktaAtInsertedPath)
    await verifier.start()
    expect(await verifier.verifyToken(issue("good"))).toEqual(valid)
  })
  it.each([
    [google, ["openid", "email"]],
    [github, ["read:user"]],
    ["okta, a custom server alone", undefined],
  ])("%s: clients are told to ask for %j", async (name, scopes) => {
    const { verifier } = await ofCase(name)
    expect(verifier.servers()[0]?.advertisedScopes).toEqual(scopes)
  })
})

describe("configurations that cannot work", () => {
  it.each([
    ["entra, tokens of allowed tenants", "allowedTenants", /ALLOWED_TENANTS/],
    [google, "allowedClientIds", /ALLOWED_CLIENT_IDS/],
    [github, "credentials", /INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET/],
    ["okta, the organization's server", "credentials", /INTROSPECTION_CLIENT_ID/],
    [hydra, "introspectionUrl", /INTROSPECTION_URL/],
  ] as const)("%s without %s", async (name, setting, sentence) => {
    const refused = without(name, setting).then(({ verifier }) => verifier.start())
    await expect(refused).rejects.toThrow(WrongConfiguration)
    await expect(refused).rejects.toThrow(sentence)
  })
  it.each([
    ["auth0, its auth0 profile", "introspection"],
    ["cognito, allowed clients", "hybrid"],
    ["okta, the organization's server", "jwt"],
    [hydra, "jwt"],
    [google, "jwt"],
  ] as const)("%s with TOKEN_VALIDATION=%s", async (name, strategy) => {
    const { verifier } = await ofCase(name, { strategy })
    await expect(verifier.start()).rejects.toThrow(new RegExp(`TOKEN_VALIDATION=${strategy} cannot work`))
  })
  it("cognito's login domain", async () => {
    const issuer = "https://acme.auth.us-east-1.amazoncognito.com"
    await expect(ofCase("cognito, allowed clients", { issuer })).rejects.toThrow(/cognito-idp\.\{region\}/)
  })
})

describe("what an operator is told", () => {
  it("keycloak: once, when its answers are inactive because our client is not in the audience", async () => {
    const { options } = provider("keycloak, asked as well")
    const { issue, verifier, warnings } = await verifierOf(options, startKeycloakWithoutMapper)
    await verifier.start()
    for (const token of [issue("good"), issue("good")])
      expect(await verifier.verifyToken(token)).toEqual({ outcome: "invalid", reason: "inactive" })
    expect(warnings.filter((line) => line.includes("Audience mapper"))).toHaveLength(1)
  })
  it.each([
    ["auth0, its auth0 profile", "opaque", /Resource Parameter Compatibility Profile/],
    ["auth0, its auth0 profile", "encrypted", /token encryption/],
    [google, "without a subject", /openid or email/],
    ["cognito, allowed clients", "of another client", /ALLOWED_CLIENT_IDS/],
    ["entra, a person's version 2 token", "for another API", /ALLOWED_AUDIENCES/],
    [hydra, "for nobody", /ALLOWED_CLIENT_IDS/],
  ] as const)("%s: what to do about tokens that are %s", async (name, flaw, hint) => {
    const { issue, verifier, warnings } = await ofCase(name)
    await verifier.start()
    await verifier.verifyToken(issue(flaw))
    expect(warnings.join("\n")).toMatch(hint)
  })
  it("okta: that the organization's server is the wrong one", async () => {
    const { verifier, warnings } = await ofCase("okta, the organization's server")
    await verifier.start()
    expect(warnings.join("\n")).toMatch(/use a custom one/)
  })
})

describe("what is never asked", () => {
  it.each([
    [github, ["opaque", "a refresh token"]],
    [google, ["an ID token", "a refresh token"]],
    ["okta, a custom server that we may ask", ["expired", "for another API", "forged", "a refresh token"]],
    ["keycloak, asked as well", ["an ID token", "for another API", "forged", "opaque"]],
    ["gatehouse, our own server", ["an ID token", "forged", "opaque"]],
  ] as const)("%s, about tokens that are %j", async (name, flaws) => {
    const { emulator, issue, verifier } = await ofCase(name)
    await verifier.start()
    const before = emulator.asked.length
    for (const flaw of flaws) expect(await verifier.verifyToken(issue(flaw))).toMatchObject({ outcome: "invalid" })
    expect(emulator.asked.length).toBe(before)
  })
})

describe("our own server", () => {
  it("is known by its metadata, without a name", async () => {
    const { options, start } = provider("gatehouse, our own server")
    const { provider: _, ...unnamed } = options
    const { issue, verifier } = await verifierOf(unnamed, start)
    await verifier.start()
    expect(verifier.servers()[0]?.strategy.name).toBe("hybrid")
    expect(await verifier.verifyToken(issue("opaque"))).toEqual({ outcome: "invalid", reason: "unknown" })
  })
})

describe("github's limit", () => {
  it("is not spent on tokens that are known, nor while it lasts", async () => {
    const { clock, emulator, issue, verifier } = await ofCase(github)
    await verifier.start()
    const questions = () => emulator.asked.filter(({ method }) => method === "POST")
    const token = issue("good")
    for (let times = 0; times < 5; times++) expect(await verifier.verifyToken(token)).toEqual(valid)
    expect(questions()).toHaveLength(1)
    emulator.fault = "limited"
    for (let times = 0; times < 5; times++)
      expect(await verifier.verifyToken(issue("good"))).toMatchObject({ outcome: "unavailable" })
    expect(questions()).toHaveLength(2)
    clock.advance(46)
    emulator.fault = "none"
    expect(await verifier.verifyToken(issue("good"))).toEqual(valid)
  })
  it("its document is shown to older clients, though nothing here depends on it", async () => {
    const { verifier } = await ofCase(github)
    await verifier.start()
    await expect.poll(() => verifier.servers()[0]?.metadata?.issuer).toBe("https://github.com/login/oauth")
  })

  it("gives a token without expiry a minute, and asks again then", async () => {
    const { clock, issue, verifier } = await ofCase(github)
    await verifier.start()
    const validation = await verifier.verifyToken(issue("good"))
    const exp = validation.outcome === "valid" ? validation.claims.exp : 0
    expect(exp - clock.now()).toBe(60)
  })
})
