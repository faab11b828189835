/** HTTP Basic as OAuth writes it. */
import { formatBasicCredentials, parseBasicCredentials } from "@gatehouse/oauth"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`

describe("OAuth client credentials in HTTP Basic (RFC 6749 §2.3.1)", () => {
  it.each([
    ["id and secret", basic("a:b"), "a", "b"],
    ["T12 a lower-case scheme", "basic YTpi", "a", "b"],
    ["T12 an encoded colon in the id", basic("a%3Ab:c"), "a:b", "c"],
    ["a colon in the secret, as it is", basic("a:b:c"), "a", "b:c"],
    ["a plus, which is a space in form encoding", basic("a+b:c%2Bd"), "a b", "c+d"],
    ["an empty secret", basic("a:"), "a", ""],
    ["letters beyond ASCII", basic("%C3%A9:%F0%9F%99%82"), "é", "🙂"],
    ["padding left out", "Basic YTpiYg", "a", "bb"],
    ["several spaces", "Basic   YTpi", "a", "b"],
  ])("reads %s", (_, value, clientId, clientSecret) => {
    expect(parseBasicCredentials(value)).toEqual({ clientId, clientSecret })
  })

  it.each([
    ["T12 no base64 at all", "Basic !!!"],
    ["T12 base64 with something after it, which Node would decode", "Basic YTpi!!"],
    ["T12 no colon", basic("ab")],
    ["base64 with stray bits at its end", "Basic YTpiYh=="],
    ["the URL alphabet", "Basic YTo_Pz8-"],
    ["an empty id", basic(":b")],
    ["a stray percent sign", basic("a%:b")],
    ["percent-encoded bytes that are no UTF-8", basic("a%FF:b")],
    ["nothing", "Basic "],
    ["another scheme", "Bearer YTpi"],
    ["two credentials", "Basic YTpi, Basic YTpi"],
  ])("refuses %s", (_, value) => {
    expect(parseBasicCredentials(value)).toBeUndefined()
  })

  it("reads back whatever it writes", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 })
    fc.assert(
      fc.property(text, text, (clientId, clientSecret) => {
        const credentials = { clientId, clientSecret }
        expect(parseBasicCredentials(formatBasicCredentials(credentials))).toEqual(credentials)
      }),
    )
  })
})
