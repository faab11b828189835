/** One error class, one table of statuses, one JSON body. */
import { errorBody, errorUriOf, httpStatusOf, OAuthError, type OAuthErrorCode, unavailable } from "@gatehouse/oauth"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const rfc = (number: number, section: string) => `https://tools.ietf.org/html/rfc${number}#section-${section}`

describe("OAuth errors", () => {
  it.each<[OAuthErrorCode, number, string]>([
    ["invalid_request", 400, rfc(6749, "5.2")],
    ["invalid_client", 401, rfc(6749, "5.2")],
    ["invalid_grant", 400, rfc(6749, "5.2")],
    ["unauthorized_client", 400, rfc(6749, "5.2")],
    ["unsupported_grant_type", 400, rfc(6749, "5.2")],
    ["unsupported_response_type", 400, rfc(6749, "4.1.2.1")],
    ["invalid_scope", 400, rfc(6749, "5.2")],
    ["access_denied", 403, rfc(6749, "4.1.2.1")],
    ["invalid_target", 400, rfc(8707, "2")],
    ["request_not_supported", 400, rfc(9101, "6.1")],
    ["request_uri_not_supported", 400, rfc(9101, "6.1")],
    ["invalid_redirect_uri", 400, rfc(7591, "3.2.2")],
    ["invalid_client_metadata", 400, rfc(7591, "3.2.2")],
    ["invalid_software_statement", 400, rfc(7591, "3.2.2")],
    ["unsupported_token_type", 400, rfc(7009, "2.2.1")],
    ["invalid_token", 401, rfc(6750, "3.1")],
    ["insufficient_scope", 403, rfc(6750, "3.1")],
    ["server_error", 500, rfc(6749, "4.1.2.1")],
    ["temporarily_unavailable", 503, rfc(6749, "4.1.2.1")],
  ])("%s is %i and explained at %s", (code, status, uri) => {
    expect(httpStatusOf(code)).toBe(status)
    expect(new OAuthError(code, "why").status).toBe(status)
    expect(errorUriOf(code)).toBe(uri)
    expect(errorBody(new OAuthError(code, "why"))).toEqual({ error: code, error_description: "why", error_uri: uri })
  })

  it("T21 keeps error_description to the characters that RFC 6749 §5.2 allows, whatever the input", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(new OAuthError("invalid_request", text).description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/)
      }),
    )
    expect(new OAuthError("invalid_request", 'a "b"\r\n\\ é').description).toBe("a ?b???? ?")
  })

  it("keeps the cause for the log and out of the body", () => {
    const error = new OAuthError("server_error", "something failed", { cause: new Error("redis://user:secret@host") })
    expect((error.cause as Error).message).toContain("secret")
    expect(JSON.stringify(errorBody(error))).not.toContain("secret")
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe("OAuthError")
  })

  it("calls an outage temporarily_unavailable, with what happened as its cause", () => {
    const cause = new Error("connection lost")
    expect(unavailable("the store does not answer", cause)).toMatchObject({
      code: "temporarily_unavailable",
      status: 503,
      cause,
    })
  })
})
