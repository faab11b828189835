/** The authorization server in the same process: the same three outcomes through the same judgement. */
import { OAuthError, unavailable } from "@gatehouse/oauth"
import { createTokenVerifier, type InProcessIntrospect, localRevocations } from "@gatehouse/token-verifier"
import { describe, expect, it } from "vitest"
import { activeToken, bearer, RESOURCE, START } from "./setting.ts"

const issuer = "http://localhost:3232"
const revocations = localRevocations()
const verifierOf = (introspect: InProcessIntrospect) =>
  createTokenVerifier({ audience: RESOURCE, servers: [{ issuer, introspect }], revocations, now: () => START })

describe("OAuth token verifier in process", () => {
  it("asks the authorization server for every request: nothing is remembered, a revocation holds at once", async () => {
    let active = true
    const verifier = verifierOf(async () => (active ? activeToken(issuer) : { active: false }))
    await verifier.start()
    expect(await verifier.verify(bearer("T"))).toMatchObject({ outcome: "valid", claims: { sub: "demo|alice" } })
    active = false
    expect(await verifier.verify(bearer("T"))).toEqual({ outcome: "invalid", reason: "inactive" })
    expect(verifier.servers()[0]?.strategy).toEqual({ name: "in-process", why: expect.any(String) })
  })

  it.each([
    ["U1 another audience", { aud: "https://other.test" }, { outcome: "invalid", reason: "wrong_audience" }],
    ["U3 no audience", { aud: undefined }, { outcome: "invalid", reason: "wrong_audience" }],
    ["another issuer", { iss: "https://other.test" }, { outcome: "invalid", reason: "wrong_issuer" }],
    ["an expired token", { exp: START - 10 }, { outcome: "invalid", reason: "expired" }],
    ["K13 a word that is no boolean", { active: "true" }, { outcome: "unavailable", reason: "bad_response" }],
  ])("judges as over HTTP: %s", async (_, changes, expected) => {
    const verifier = verifierOf(async () => activeToken(issuer, changes))
    expect(await verifier.verifyToken("T")).toMatchObject(expected)
  })

  it("I11 a store that cannot be read is unavailable, not invalid", async () => {
    const verifier = verifierOf(async () => Promise.reject(unavailable("the store does not answer")))
    expect(await verifier.verifyToken("T")).toEqual({
      outcome: "unavailable",
      reason: "bad_response",
      retryAfterSeconds: 5,
    })
  })

  it("a fault of the process stays a fault", async () => {
    const verifier = verifierOf(async () => Promise.reject(new OAuthError("server_error", "a bug")))
    await expect(verifier.verifyToken("T")).rejects.toThrow("a bug")
  })

  it("K11 the store's own object is not handed out", async () => {
    const stored = activeToken(issuer, { aud: [RESOURCE] })
    const answer = await verifierOf(async () => stored).verifyToken("T")
    if (answer.outcome !== "valid") throw new Error(answer.outcome)
    expect(answer.claims.aud).not.toBe(stored.aud)
    expect(Object.isFrozen(stored)).toBe(false)
  })
})
