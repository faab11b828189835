/** The WWW-Authenticate challenge stays well-formed whatever is put into it. */
import { bearerChallenge } from "@gatehouse/oauth"
import { describe, expect, it } from "vitest"

const resourceMetadata = "https://mcp.test/.well-known/oauth-protected-resource/mcp"
const wellFormed = /^Bearer [a-z_]+="[\x20-\x21\x23-\x5b\x5d-\x7e]*"(, [a-z_]+="[\x20-\x21\x23-\x5b\x5d-\x7e]*")*$/

describe("OAuth bearer challenge (RFC 6750 §3, RFC 9728 §5.1)", () => {
  it("B1 carries no error when no token was sent", () => {
    expect(bearerChallenge({ resourceMetadata })).toBe(`Bearer resource_metadata="${resourceMetadata}"`)
  })

  it("names the scopes that are needed, all of them", () => {
    const challenge = bearerChallenge({ resourceMetadata, scopes: ["mcp:tools", "mcp:prompts"] })
    expect(challenge).toBe(`Bearer scope="mcp:tools mcp:prompts", resource_metadata="${resourceMetadata}"`)
    expect(bearerChallenge({ resourceMetadata, scopes: [] })).not.toContain("scope=")
  })

  it("carries the error with its description and where to read about it", () => {
    const error = { code: "invalid_token", description: "the access token expired" } as const
    expect(bearerChallenge({ resourceMetadata, scopes: ["mcp"], error })).toBe(
      'Bearer error="invalid_token", error_description="the access token expired", ' +
        'error_uri="https://tools.ietf.org/html/rfc6750#section-3.1", scope="mcp", ' +
        `resource_metadata="${resourceMetadata}"`,
    )
  })

  it.each([
    ["a quote", 'a "b" c'],
    ["a backslash", "a\\b"],
    ["CR LF", "a\r\nSet-Cookie: x=y"],
    ["a NUL", "a\0b"],
    ["letters beyond ASCII", "é 🙂"],
  ])("B15 stays one well-formed header with %s in its texts", (_, text) => {
    const error = { code: "invalid_token", description: text } as const
    expect(bearerChallenge({ resourceMetadata: `https://mcp.test/${text}`, scopes: [text], error })).toMatch(wellFormed)
  })
})
