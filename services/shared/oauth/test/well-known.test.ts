/** Where metadata and endpoints stand. */
import {
  AUTHORIZATION_SERVER,
  endpointOf,
  PROTECTED_RESOURCE,
  pathPrefixOf,
  wellKnownPath,
  wellKnownUrl,
} from "@gatehouse/oauth"
import { describe, expect, it } from "vitest"

describe("OAuth well-known locations (RFC 8414 §3, RFC 9728 §3)", () => {
  it.each([
    ["https://auth.test", "/.well-known/oauth-authorization-server"],
    ["https://auth.test/", "/.well-known/oauth-authorization-server"],
    ["https://auth.test/t1", "/.well-known/oauth-authorization-server/t1"],
    ["https://auth.test/t1/", "/.well-known/oauth-authorization-server/t1"],
    ["https://auth.test/a/b", "/.well-known/oauth-authorization-server/a/b"],
  ])("of %s is %s", (issuer, path) => {
    expect(wellKnownPath(AUTHORIZATION_SERVER, issuer)).toBe(path)
    expect(wellKnownUrl(AUTHORIZATION_SERVER, issuer)).toBe(`https://auth.test${path}`)
  })

  it("keeps the port of a resource", () => {
    expect(wellKnownUrl(PROTECTED_RESOURCE, "http://localhost:3232/mcp")).toBe(
      "http://localhost:3232/.well-known/oauth-protected-resource/mcp",
    )
  })

  it.each([
    ["https://auth.test", "https://auth.test/token"],
    ["https://auth.test/", "https://auth.test/token"],
    ["https://AUTH.test:443/t1", "https://AUTH.test:443/t1/token"],
  ])("M2 puts an endpoint after %s without touching the issuer", (issuer, endpoint) => {
    expect(endpointOf(issuer, "/token")).toBe(endpoint)
  })

  it.each([
    ["https://auth.test", ""],
    ["https://auth.test/", ""],
    ["https://auth.test/t1", "/t1"],
    ["https://auth.test/t1/", "/t1"],
  ])("serves the endpoints of %s under %j", (issuer, prefix) => {
    expect(pathPrefixOf(issuer)).toBe(prefix)
  })
})
