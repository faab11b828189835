/** Scope strings, strictly; and what implies what. */
import {
  coversScope,
  DEFAULT_SCOPE,
  formatScope,
  MCP_SCOPES,
  missingScopes,
  OAuthError,
  parseScope,
} from "@gatehouse/oauth"
import { describe, expect, it } from "vitest"

describe("OAuth scope (RFC 6749 §3.3)", () => {
  it.each([
    ["nothing", "", []],
    ["one", "mcp", ["mcp"]],
    ["several, in their order", "mcp:tools mcp:prompts", ["mcp:tools", "mcp:prompts"]],
    ["a repeated one, once", "a b a", ["a", "b"]],
    ["every allowed character", "!#[]~", ["!#[]~"]],
    ["a URI", "https://api.test/read", ["https://api.test/read"]],
  ])("reads %s", (_, scope, expected) => {
    expect(parseScope(scope)).toEqual(expected)
  })

  it.each([
    ["S4 a double space", "a  b"],
    ["S4 a tab", "b\tc"],
    ["a space before", " a"],
    ["a space after", "a "],
    ["a space alone", " "],
    ["a quote", 'a"b'],
    ["a backslash", "a\\b"],
    ["a line break at the end", "a\n"],
    ["letters beyond ASCII", "é"],
    ["a no-break space", "a\u00a0b"],
  ])("refuses %s", (_, scope) => {
    expect(() => parseScope(scope)).toThrow(expect.objectContaining({ code: "invalid_scope" }))
    expect(() => parseScope(scope)).toThrow(OAuthError)
  })

  it("writes what it reads", () => {
    expect(formatScope(parseScope("mcp:tools mcp:prompts"))).toBe("mcp:tools mcp:prompts")
    expect(formatScope([])).toBe("")
  })

  it.each([
    ["S5 the wider scope implies the narrower", ["mcp"], "mcp:tools", true],
    ["S5 over several steps", ["mcp"], "mcp:tools:write", true],
    ["itself", ["mcp:tools"], "mcp:tools", true],
    ["one of several", ["x", "mcp"], "mcp:prompts", true],
    ["not the other way round", ["mcp:tools"], "mcp", false],
    ["not a sibling", ["mcp:tools"], "mcp:prompts", false],
    ["not what merely begins alike", ["mcp"], "mcpx", false],
    ["not what merely begins alike, one step down", ["mcp:tool"], "mcp:tools", false],
    ["S2 no scope, no privilege", [], "mcp:tools", false],
    ["scopes differ by case", ["MCP"], "mcp", false],
  ])("%s", (_, held, needed, covered) => {
    expect(coversScope(held, needed)).toBe(covered)
  })

  it("names what is missing, and only that", () => {
    expect(missingScopes(["mcp:tools"], ["mcp:tools", "mcp:prompts", "other"])).toEqual(["mcp:prompts", "other"])
    expect(missingScopes(["mcp"], MCP_SCOPES)).toEqual([])
    expect(MCP_SCOPES).toContain(DEFAULT_SCOPE)
  })
})
