/** Request parameters: each at most once. */
import { parseParameters, RepeatedParameter, requireParameter } from "@gatehouse/oauth"
import { describe, expect, it } from "vitest"

describe("OAuth request parameters (RFC 6749 §3.1, §3.2)", () => {
  it("reads a query and a form alike", () => {
    expect([...parseParameters("client_id=a&state=x%26code%3DEVIL&scope=mcp+mcp%3Atools")]).toEqual([
      ["client_id", "a"],
      ["state", "x&code=EVIL"],
      ["scope", "mcp mcp:tools"],
    ])
  })

  it("treats an empty value as an absent parameter", () => {
    expect(parseParameters("state=&scope=mcp").has("state")).toBe(false)
    expect([...parseParameters("")]).toEqual([])
  })

  it.each([
    ["two values", "client_id=a&client_id=b", "client_id"],
    ["the same value", "state=a&state=a", "state"],
    ["an empty one and another", "redirect_uri=&redirect_uri=https://evil.test", "redirect_uri"],
    ["a name in another encoding", "state=a&%73tate=b", "state"],
  ])("A8 T17 refuses a repeated parameter: %s", (_, encoded, parameter) => {
    expect(() => parseParameters(encoded)).toThrow(RepeatedParameter)
    expect(() => parseParameters(encoded)).toThrow(expect.objectContaining({ code: "invalid_request", parameter }))
  })

  it("T18 has no parameter that was not sent, whatever objects inherit", () => {
    const parameters = parseParameters("__proto__=x")
    expect(parameters.get("constructor")).toBeUndefined()
    expect(parameters.get("__proto__")).toBe("x")
  })

  it("names a parameter that is required and absent", () => {
    const parameters = parseParameters("code=c&grant_type=")
    expect(requireParameter(parameters, "code")).toBe("c")
    expect(() => requireParameter(parameters, "grant_type")).toThrow(
      expect.objectContaining({ code: "invalid_request", description: "grant_type is required" }),
    )
  })
})
