/** Which redirect URIs may be registered, and which request matches. */
import { checkRedirectUri, isLoopbackHost, isLoopbackRedirectUri, matchesRedirectUri } from "@gatehouse/oauth"
import { describe, expect, it } from "vitest"

describe("OAuth redirect URI at registration (RFC 8252 §7, OAuth 2.1 §2.3)", () => {
  it.each([
    "https://app.test/cb",
    "https://app.test",
    "https://app.test:8443/cb?tenant=a@b",
    "https://app.test/users/@me",
    "http://localhost/cb",
    "http://localhost:3000",
    "http://127.0.0.1:51004/cb?x=1",
    "http://[::1]:7/cb",
    "com.example.app:/cb",
    "com.example.app://cb/here",
    "cursor://anysphere.cursor-retrieval/oauth/callback",
    "vscode://vendor.extension/callback",
  ])("accepts %s, and keeps it as it is", (uri) => {
    expect(checkRedirectUri(uri)).toBe(uri)
  })

  it.each([
    ["R2 http beyond loopback", "http://app.test/cb"],
    ["R2 a name that begins like loopback", "http://localhost.app.test/cb"],
    ["R2 a name that ends like loopback", "http://app.localhost/cb"],
    ["R2 loopback as user information", "http://127.0.0.1@evil.test/cb"],
    ["R2 loopback and port as user information", "http://127.0.0.1:5@evil.test/cb"],
    ["R2 loopback in another notation", "http://2130706433/cb"],
    ["R2 loopback in short", "http://127.1/cb"],
    ["R3 a fragment", "https://app.test/cb#x"],
    ["R3 an empty fragment", "https://app.test/cb#"],
    ["R3 an empty fragment on loopback", "http://localhost/cb#"],
    ["R3 an empty fragment on a private scheme", "com.example.app:/cb#"],
    ["R5 a wildcard host", "https://*.app.test/cb"],
    ["R5 a wildcard path", "https://app.test/*"],
    ["R5 an encoded wildcard", "https://app.test/cb%2a"],
    ["R5 an encoded wildcard, upper case", "https://app.test/cb%2A"],
    ["R6 a private scheme without a dot", "myapp:/cb"],
    ["R6 a private scheme that only resembles a known one", "cursorx://a/cb"],
    ["R6 a known scheme without a host", "cursor:///cb"],
    ["R8 no string", 5],
    ["R8 null", null],
    ["R8 an object", {}],
    ["R8 nothing", undefined],
    ["R8 an empty string", ""],
    ["R8 ten kilobytes", `https://app.test/${"a".repeat(10_000)}`],
    ["a script", "javascript:alert(1)"],
    ["data", "data:text/html,x"],
    ["a file", "file:///etc/passwd"],
    ["no scheme", "//app.test/cb"],
    ["a relative reference", "/cb"],
    ["user information", "https://user@app.test/cb"],
    ["user information and password", "https://user:pw@app.test/cb"],
    ["empty user information", "https://@app.test/cb"],
    ["user information on a private scheme", "com.example.app://user@x/cb"],
    ["a backslash", "https://app.test\\@evil.test/cb"],
    ["a space", "https://app.test/a b"],
    ["a line break", "https://app.test/cb\r\nX: y"],
    ["a tab within the host, which a URL parser drops", "https://app.t\test/cb"],
    ["letters beyond ASCII", "https://äpp.test/cb"],
    ["https without an authority", "https:/app.test/cb"],
    ["https with an empty authority", "https:///app.test/cb"],
    ["a port out of range", "http://localhost:70000/cb"],
  ])("refuses %s", (_, uri) => {
    expect(() => checkRedirectUri(uri)).toThrow(expect.objectContaining({ code: "invalid_redirect_uri" }))
  })
})

describe("OAuth redirect URI in a request (RFC 8252 §7.3)", () => {
  it.each([
    ["A4 the port of a loopback host floats", "http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"],
    ["A4 from one port to another", "http://localhost:1/cb", "http://localhost:2/cb"],
    ["A4 from a port to none", "http://[::1]:1/cb", "http://[::1]/cb"],
    ["A4 with its query", "http://127.0.0.1/cb?x=1", "http://127.0.0.1:9/cb?x=1"],
    ["an empty path is the root", "http://127.0.0.1", "http://127.0.0.1:9/"],
    ["byte for byte", "https://app.test/cb?a=%2F", "https://app.test/cb?a=%2F"],
    ["a private scheme, byte for byte", "com.example.app:/cb", "com.example.app:/cb"],
  ])("matches: %s", (_, registered, requested) => {
    expect(matchesRedirectUri(registered, requested)).toBe(true)
  })

  it.each([
    ["A4 another path", "http://127.0.0.1/cb", "http://127.0.0.1:51004/cb2"],
    ["A4 another query", "http://127.0.0.1/cb", "http://127.0.0.1:51004/cb?x=1"],
    ["A4 another loopback host", "http://127.0.0.1/cb", "http://localhost:51004/cb"],
    ["A4 another scheme", "http://127.0.0.1/cb", "https://127.0.0.1:9/cb"],
    ["A4 a port that is user information", "http://127.0.0.1/cb", "http://127.0.0.1:5@evil/cb"],
    ["A4 a port out of range", "http://127.0.0.1/cb", "http://127.0.0.1:65536/cb"],
    ["A4 a fragment", "http://127.0.0.1/cb", "http://127.0.0.1:9/cb#"],
    ["A4 an equivalent but other path", "http://127.0.0.1/cb", "http://127.0.0.1:9/./cb"],
    ["a port on https", "https://app.test/cb", "https://app.test:8443/cb"],
    ["the default port on https", "https://app.test/cb", "https://app.test:443/cb"],
    ["another case of the host", "https://app.test/cb", "https://APP.test/cb"],
    ["a slash at the end", "https://app.test/cb", "https://app.test/cb/"],
    ["another encoding", "https://app.test/cb", "https://app.test/%63b"],
    ["R5 what a wildcard would match", "http://localhost/*", "http://localhost:1/cb"],
    ["a query on a private scheme", "com.example.app:/cb", "com.example.app:/cb?x=1"],
  ])("does not match: %s", (_, registered, requested) => {
    expect(matchesRedirectUri(registered, requested)).toBe(false)
  })
})

describe("OAuth redirects to the user's own machine (RFC 8252 §8.3)", () => {
  it.each([
    ["http://localhost:3000/cb", true],
    ["http://127.0.0.1/cb", true],
    ["http://[::1]/cb", true],
    ["http://localhost:99999/cb", true],
    ["https://app.test/cb", false],
    ["https://localhost/cb", false],
    ["com.example.app:/localhost", false],
  ])("%s: %s", (uri, expected) => {
    expect(isLoopbackRedirectUri(uri)).toBe(expected)
  })

  it.each([
    ["localhost", true],
    ["LOCALHOST", true],
    ["127.0.0.1", true],
    ["[::1]", true],
    ["::1", true],
    ["127.0.0.2", false],
    ["0.0.0.0", false],
    ["localhost.", false],
    ["localhost.evil.test", false],
  ])("host %s: %s", (host, expected) => {
    expect(isLoopbackHost(host)).toBe(expected)
  })
})
