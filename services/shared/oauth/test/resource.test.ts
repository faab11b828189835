/** Resource indicators in one form, and the URLs of our own services. */
import { canonicalResource, checkServiceUrl } from "@gatehouse/oauth"
import { describe, expect, it } from "vitest"

describe("OAuth resource indicator (RFC 8707 §2)", () => {
  it.each([
    ["as it is", "https://mcp.test/mcp", "https://mcp.test/mcp"],
    ["scheme and host in lower case", "HTTPS://MCP.Test/mcp", "https://mcp.test/mcp"],
    ["without the default port", "https://mcp.test:443/mcp", "https://mcp.test/mcp"],
    ["without the default port of http", "http://localhost:80/mcp", "http://localhost/mcp"],
    ["with any other port", "http://localhost:3232/mcp", "http://localhost:3232/mcp"],
    ["without a path that is only a slash", "https://mcp.test/", "https://mcp.test"],
    ["with a path in its own case", "https://mcp.test/MCP/%2F", "https://mcp.test/MCP/%2F"],
    ["A13 with a slash at its end, which makes it another one", "https://mcp.test/mcp/", "https://mcp.test/mcp/"],
    ["A13 with a host that only begins alike", "https://mcp.test.evil/mcp", "https://mcp.test.evil/mcp"],
    ["with dot segments, untouched", "https://mcp.test/a/../mcp", "https://mcp.test/a/../mcp"],
    ["with a query", "https://mcp.test?x=1", "https://mcp.test?x=1"],
    ["with an at sign in its path", "https://mcp.test/@mcp", "https://mcp.test/@mcp"],
  ])("is kept %s", (_, resource, expected) => {
    expect(canonicalResource(resource)).toBe(expected)
    expect(canonicalResource(expected)).toBe(expected)
  })

  it.each([
    ["A13 a relative one", "/mcp"],
    ["A13 a fragment", "https://mcp.test/mcp#frag"],
    ["A13 an empty fragment", "https://mcp.test/mcp#"],
    ["A13 another scheme", "urn:mcp"],
    ["nothing", ""],
    ["user information", "https://mcp.test@evil.test/mcp"],
    ["user information and a port", "https://mcp.test:443@evil.test/mcp"],
    ["a backslash", "https://mcp.test\\@evil.test/"],
    ["a space", "https://mcp.test/ mcp"],
    ["a line break", "https://mcp.test/mcp\n"],
    ["one slash", "https:/mcp.test/mcp"],
    ["a port out of range", "https://mcp.test:70000/mcp"],
  ])("refuses %s", (_, resource) => {
    expect(() => canonicalResource(resource)).toThrow(expect.objectContaining({ code: "invalid_target" }))
  })
})

describe("OAuth issuer and resource in the configuration", () => {
  it.each([
    "https://auth.test",
    "https://auth.test/",
    "https://auth.test/t1",
    "http://localhost:3001",
    "http://127.0.0.1:3001/t1",
    "http://[::1]:3001",
  ])("accepts %s, byte for byte", (url) => {
    expect(checkServiceUrl("BASE_URI", url)).toBe(url)
  })

  it.each([
    ["what is no URL", "auth.test"],
    ["another scheme", "ftp://auth.test"],
    ["plain http beyond loopback", "http://auth.test"],
    ["a query", "https://auth.test?x=1"],
    ["an empty query", "https://auth.test?"],
    ["a fragment", "https://auth.test#x"],
    ["an empty fragment", "https://auth.test#"],
    ["user information", "https://user:pw@auth.test"],
    ["a line break at the end, as files have it", "https://auth.test\n"],
    ["a space before", " https://auth.test"],
  ])("refuses %s, naming the setting", (_, url) => {
    expect(() => checkServiceUrl("BASE_URI", url)).toThrow(RangeError)
    expect(() => checkServiceUrl("BASE_URI", url)).toThrow(/^BASE_URI /)
  })

  it("accepts plain http elsewhere only when the operator says so", () => {
    expect(checkServiceUrl("BASE_URI", "http://auth.test", { allowHttp: true })).toBe("http://auth.test")
  })
})
