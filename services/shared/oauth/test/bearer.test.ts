/** The Authorization header, read strictly. */
import { MAX_TOKEN_LENGTH, parseBearer, parseBearerValue } from "@gatehouse/oauth"
import { describe, expect, it } from "vitest"

const token = (text: string) => ({ kind: "token", token: text })
const missing = { kind: "missing" }
const malformed = { kind: "malformed" }
const repeated = { kind: "repeated" }

describe("OAuth bearer token in the Authorization header (RFC 6750 §2.1)", () => {
  it.each([
    ["the plain form", "Bearer T", token("T")],
    ["B3 a lower-case scheme", "bearer T", token("T")],
    ["B3 an upper-case scheme", "BEARER T", token("T")],
    ["B3 three spaces", "Bearer   T", token("T")],
    ["every character of token68", "Bearer aZ09-._~+/==", token("aZ09-._~+/==")],
    ["spaces at the end", "Bearer T  ", token("T")],
    ["B2 the scheme alone", "Bearer", missing],
    ["B2 the scheme and a space", "Bearer ", missing],
    ["B2 another scheme", "Basic x", missing],
    ["B2 an unknown scheme", "Token x", missing],
    ["a scheme that only begins so", "Bearerx T", missing],
    ["a tab in place of the space", "Bearer\tT", missing],
    ["an empty value", "", missing],
    ["B6 two credentials in one header", "Bearer A, Bearer B", repeated],
    ["B6 two credentials without a space", "Bearer A,B", repeated],
    ["two words", "Bearer A B", malformed],
    ["B9 a NUL", "Bearer a\0b", malformed],
    ["B9 an emoji", "Bearer 🙂", malformed],
    ["B9 an emoji as Node reads it, byte by byte", "Bearer ð\x9f\x99\x82", malformed],
    ["padding in the middle", "Bearer a=b", malformed],
    ["quotes", 'Bearer "T"', malformed],
    ["a line break", "Bearer T\nX", malformed],
    ["B9 a path, whose characters token68 allows", "Bearer ../", token("../")],
    ["B9 the longest token", `Bearer ${"a".repeat(MAX_TOKEN_LENGTH)}`, token("a".repeat(MAX_TOKEN_LENGTH))],
    ["B9 one character more", `Bearer ${"a".repeat(MAX_TOKEN_LENGTH + 1)}`, malformed],
    ["B9 20 kB", `Bearer ${"a".repeat(20_000)}`, malformed],
  ])("%s", (_, value, expected) => {
    expect(parseBearerValue(value)).toEqual(expected)
  })

  it("finds the header whatever its case", () => {
    expect(parseBearer(["Host", "h", "aUTHORIZATION", "Bearer T"])).toEqual(token("T"))
  })

  it("B1 says missing when there is no header, also when a value looks like its name", () => {
    expect(parseBearer([])).toEqual(missing)
    expect(parseBearer(["X-Note", "authorization", "Bearer T", "x"])).toEqual(missing)
  })

  it.each([
    ["valid first", ["Authorization", "Bearer T", "Authorization", "Bearer x y"]],
    ["valid second", ["Authorization", "Basic x", "authorization", "Bearer T"]],
    ["the same twice", ["Authorization", "Bearer T", "Authorization", "Bearer T"]],
    ["an empty one and a valid one", ["Authorization", "", "Authorization", "Bearer T"]],
  ])("B5 refuses two Authorization headers: %s", (_, rawHeaders) => {
    expect(parseBearer(rawHeaders)).toEqual(repeated)
  })
})
