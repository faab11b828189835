/** Proof Key for Code Exchange. */
import { createHash } from "node:crypto"
import { checkCodeChallenge, verifyCodeVerifier } from "@gatehouse/oauth"
import { describe, expect, it } from "vitest"

// RFC 7636 appendix B
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
const challengeOf = (text: string) => createHash("sha256").update(text).digest("base64url")

describe("OAuth PKCE (RFC 7636)", () => {
  it("accepts a challenge of S256", () => {
    expect(checkCodeChallenge(challenge, "S256")).toBe(challenge)
  })

  it.each([
    ["A5 no challenge", undefined, "S256"],
    ["A5 no challenge and no method", undefined, undefined],
    ["no method, which would mean plain", challenge, undefined],
    ["plain", challenge, "plain"],
    ["the method in another case", challenge, "s256"],
    ["A7 42 characters", challenge.slice(1), "S256"],
    ["A7 129 characters", "a".repeat(129), "S256"],
    ["A7 padding", `${challenge.slice(1)}=`, "S256"],
    ["A7 a plus", `${challenge.slice(1)}+`, "S256"],
    ["A7 a slash", `${challenge.slice(1)}/`, "S256"],
    ["a line break at the end", `${challenge}\n`, "S256"],
    ["an empty challenge", "", "S256"],
  ])("refuses %s", (_, text, method) => {
    expect(() => checkCodeChallenge(text, method)).toThrow(expect.objectContaining({ code: "invalid_request" }))
  })

  it("verifies the verifier of the RFC, and the longest there is", () => {
    expect(verifyCodeVerifier(verifier, challenge)).toBe(true)
    const longest = "~".repeat(128)
    expect(verifyCodeVerifier(longest, challengeOf(longest))).toBe(true)
  })

  it.each([
    ["another verifier", `${verifier.slice(1)}x`, challenge],
    ["the challenge itself", challenge, challenge],
    ["an empty verifier", "", challengeOf("")],
    ["a verifier of 42 characters", "a".repeat(42), challengeOf("a".repeat(42))],
    ["a verifier of 129 characters", "a".repeat(129), challengeOf("a".repeat(129))],
    ["a verifier with a space", `${verifier} `, challengeOf(`${verifier} `)],
    ["a challenge that is cut", verifier, challenge.slice(0, -1)],
    ["an empty challenge", verifier, ""],
  ])("does not verify %s", (_, text, expected) => {
    expect(verifyCodeVerifier(text, expected)).toBe(false)
  })
})
