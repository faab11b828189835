/** How Google and GitHub are asked, and what their answers decide. */
import { describe, expect, it } from "vitest"
import { Unavailable } from "../../src/unavailable.ts"
import { FIXTURE_TIME, fixture } from "./fixture.ts"
import { preset } from "./reading.ts"

const answer = (status: number, json: unknown, headers: Record<string, string> = {}) => ({
  status,
  json,
  headers,
  retryAfterSeconds: headers["retry-after"] === undefined ? undefined : Number(headers["retry-after"]),
})
const apiOf = (name: string) => {
  const { api } = preset(name)
  if (!api) throw new Error(`${name} has no API`)
  return api
}
const faultOf = (act: () => unknown): Unavailable => {
  try {
    act()
  } catch (error) {
    if (error instanceof Unavailable) return error
    throw error
  }
  throw new Error("nothing was thrown")
}

describe("google", () => {
  const api = apiOf("google")
  const CLIENT = "32555940559.apps.googleusercontent.com"
  const to = { endpoint: api.endpoint(undefined), credentials: undefined }
  const readAnswer = (json: unknown, status = 200) => api.read(answer(status, json), FIXTURE_TIME)

  it("sends the token in the body, never in the address", () => {
    expect(api.request("ya29.a0+b/c=", to)).toEqual({
      method: "POST",
      url: "https://oauth2.googleapis.com/tokeninfo",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "access_token=ya29.a0%2Bb%2Fc%3D",
    })
  })
  it.each(["eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "1//0gRefresh", "4/0AbCode"])("asks nothing about %s", (token) => {
    expect(api.request(token, to)).toBeUndefined()
  })
  it("reads strings as numbers, and scopes by both their names", () => {
    expect(readAnswer(fixture("google.tokeninfo.ok"))).toEqual({
      active: true,
      aud: CLIENT,
      client_id: CLIENT,
      sub: "111260650121185072906",
      scope: "https://www.googleapis.com/auth/userinfo.email email openid",
      exp: 1795395522,
    })
  })
  it("has no subject when the client asked for no identity scope", () => {
    expect(readAnswer(fixture("google.tokeninfo.no-identity"))["sub"]).toBeUndefined()
    expect(preset("google").hints?.malformed).toMatch(/openid/)
  })
  it("calls a token inactive when Google answers 400", () => {
    expect(readAnswer(fixture("google.tokeninfo.400"), 400)).toEqual({ active: false })
  })
  it.each([
    ["the words of an older version", 200, fixture("google.tokeninfo.v1-legacy")],
    ["an expiry that is no number", 200, { ...fixture("google.tokeninfo.ok"), exp: "soon" }],
    ["HTML", 200, undefined],
    ["500", 500, {}],
    ["a redirect", 302, undefined],
  ])("decides nothing on %s", (_, status, json) => {
    expect(faultOf(() => readAnswer(json, status)).reason).toBe("bad_response")
  })
  it("is limited by 429", () => {
    const fault = faultOf(() => api.read(answer(429, {}, { "retry-after": "17" }), FIXTURE_TIME))
    expect(fault).toMatchObject({ reason: "rate_limited", retryAfterSeconds: 17 })
  })
  it("needs clients, since every Google app's tokens look alike", () => {
    expect(api.needs({ credentials: undefined, allowedClientIds: [] })).toMatch(/ALLOWED_CLIENT_IDS/)
    expect(api.needs({ credentials: undefined, allowedClientIds: [CLIENT] })).toBeUndefined()
  })
  it("drops the slash that its document does not have", () => {
    expect(preset("google").issuerOf?.("https://accounts.google.com/")).toBe("https://accounts.google.com")
  })
})

describe("github", () => {
  const api = apiOf("github")
  const credentials = { method: "client_secret_basic", clientId: "Iv1.8a61", clientSecret: "s3cret" } as const
  const to = { endpoint: api.endpoint("Iv1.8a61"), credentials }
  const token = `gho_${"a".repeat(36)}`
  const readAnswer = (json: unknown, status = 200, headers = {}) =>
    api.read(answer(status, json, headers), FIXTURE_TIME)

  it("asks about the token as the application that it belongs to", () => {
    const request = api.request(token, to)
    expect(request).toMatchObject({
      method: "POST",
      url: "https://api.github.com/applications/Iv1.8a61/token",
      body: JSON.stringify({ access_token: token }),
    })
    expect(request?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from("Iv1.8a61:s3cret").toString("base64")}`,
      "content-type": "application/json",
      "user-agent": expect.stringMatching(/./),
    })
  })
  it("asks about tokens of applications, old ones too, and about its own probe", () => {
    for (const own of [token, `ghu_${"a".repeat(36)}`, "0123456789abcdef0123456789abcdef01234567", api.probeToken])
      expect(api.request(own, to)).toBeDefined()
  })
  it.each([
    `ghp_${"a".repeat(36)}`,
    `github_pat_${"a".repeat(60)}`,
    `ghs_${"a".repeat(36)}`,
    `ghr_${"a".repeat(36)}`,
    "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
    "guess",
  ])("asks nothing about %s", (other) => {
    expect(api.request(other, to)).toBeUndefined()
  })
  it("reads a token that expires, with the scopes that its own stand above", () => {
    expect(readAnswer(fixture("github.check-token.ok.expiring"))).toEqual({
      active: true,
      sub: "1",
      client_id: "Iv1.8a61f9b3a7aba766",
      aud: "Iv1.8a61f9b3a7aba766",
      scope: "read:user repo public_repo security_events repo_deployment",
      exp: Date.parse("2026-11-23T08:00:00Z") / 1000,
    })
  })
  it("reads a token without expiry, and one without scopes", () => {
    expect(readAnswer(fixture("github.check-token.ok.no-expiry"))["exp"]).toBeUndefined()
    expect(readAnswer(fixture("github.check-token.ok.github-app"))["scope"]).toBeUndefined()
  })
  it("names nobody by a login, which somebody else can take later", () => {
    const body = { ...fixture("github.check-token.ok.no-expiry"), user: null }
    expect(readAnswer(body)["sub"]).toBeUndefined()
  })
  it.each([404, 422])("calls a token inactive when GitHub answers %i", (status) => {
    expect(readAnswer(fixture(`github.check-token.${status}`), status)).toEqual({ active: false })
  })
  it("blames its own credentials for 401, and for a 403 that is no limit", () => {
    expect(faultOf(() => readAnswer(fixture("github.401.bad-app-credentials"), 401)).reason).toBe(
      "credentials_rejected",
    )
    expect(faultOf(() => readAnswer({ message: "Forbidden" }, 403)).reason).toBe("credentials_rejected")
  })
  it.each([
    ["403 with nothing left", 403, { "x-ratelimit-remaining": "0" }, 60],
    ["429 with Retry-After", 429, { "retry-after": "12" }, 12],
    ["403 with Retry-After", 403, { "retry-after": "12", "x-ratelimit-remaining": "4000" }, 12],
  ])("is limited by %s", (_, status, headers, seconds) => {
    const fault = faultOf(() => readAnswer(fixture("github.403.rate-limit"), status, headers))
    expect(fault).toMatchObject({ reason: "rate_limited", retryAfterSeconds: seconds })
  })
  it("waits until its limit is reset", () => {
    const reset = Math.floor(Date.now() / 1000) + 20
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(reset) }
    const fault = faultOf(() => readAnswer(fixture("github.403.rate-limit"), 403, headers))
    expect(fault.retryAfterSeconds).toBeGreaterThan(17)
    expect(fault.retryAfterSeconds).toBeLessThanOrEqual(20)
  })
  it("is limited by a 403 that only says so in words", () => {
    const body = { message: "You have exceeded a secondary rate limit. Please wait a few minutes." }
    expect(faultOf(() => readAnswer(body, 403))).toMatchObject({ reason: "rate_limited", retryAfterSeconds: 60 })
  })
  it.each([
    ["500", 500, {}],
    ["a body without app", 200, { user: { id: 1 } }],
    ["scopes that are no list", 200, { ...fixture("github.check-token.ok.no-expiry"), scopes: "repo" }],
    ["an expiry that is no date", 200, { ...fixture("github.check-token.ok.no-expiry"), expires_at: 7 }],
  ])("decides nothing on %s", (_, status, json) => {
    expect(faultOf(() => readAnswer(json, status)).reason).toBe("bad_response")
  })
  it("is found by its host alone", () => {
    const { issuerOf } = preset("github")
    expect(issuerOf?.("https://github.com")).toBe("https://github.com/login/oauth")
    expect(issuerOf?.("https://git.example.com/login/oauth")).toBe("https://git.example.com/login/oauth")
  })
})
