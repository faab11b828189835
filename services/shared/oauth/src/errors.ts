/** What went wrong in the words of OAuth: one error class, and the one table from code to HTTP status. */

/** Every `error` code that Gatehouse sends, with the HTTP status it travels under when answered as JSON. */
const statusOf = {
  invalid_request: 400, // RFC 6749 §5.2
  invalid_client: 401, // RFC 6749 §5.2
  invalid_grant: 400, // RFC 6749 §5.2
  unauthorized_client: 400, // RFC 6749 §5.2
  unsupported_grant_type: 400, // RFC 6749 §5.2
  unsupported_response_type: 400, // RFC 6749 §4.1.2.1
  invalid_scope: 400, // RFC 6749 §5.2
  access_denied: 403, // RFC 6749 §4.1.2.1
  invalid_target: 400, // RFC 8707 §2
  request_not_supported: 400, // RFC 9101 §6.1
  request_uri_not_supported: 400, // RFC 9101 §6.1
  invalid_redirect_uri: 400, // RFC 7591 §3.2.2
  invalid_client_metadata: 400, // RFC 7591 §3.2.2
  invalid_software_statement: 400, // RFC 7591 §3.2.2
  unsupported_token_type: 400, // RFC 7009 §2.2.1
  invalid_token: 401, // RFC 6750 §3.1
  insufficient_scope: 403, // RFC 6750 §3.1
  server_error: 500, // RFC 6749 §4.1.2.1
  temporarily_unavailable: 503, // RFC 6749 §4.1.2.1
} as const

export type OAuthErrorCode = keyof typeof statusOf

/** The HTTP status that goes with an error code. */
export const httpStatusOf = (code: OAuthErrorCode): number => statusOf[code]

// RFC 6749 §5.2 allows %x20-21 / %x23-5B / %x5D-7E in error_description: no quotes, no backslash, no line breaks.
const notDescribable = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/g

/** A refusal. `description` is for the client; `cause` is for the log and never leaves the process. */
export class OAuthError extends Error {
  override readonly name = "OAuthError"
  readonly code: OAuthErrorCode
  readonly description: string

  constructor(code: OAuthErrorCode, description: string, options?: { cause?: unknown }) {
    super(`${code}: ${description}`, options)
    this.code = code
    this.description = description.replace(notDescribable, "?")
  }

  get status(): number {
    return httpStatusOf(this.code)
  }
}

/** The store or another authority could not be asked: 503 with `Retry-After`, never a verdict about the caller. */
export const unavailable = (description: string, cause?: unknown): OAuthError =>
  new OAuthError("temporarily_unavailable", description, { cause })

/** Where a developer reads what the code means; sent as `error_uri`. */
export function errorUriOf(code: OAuthErrorCode): string {
  if (code === "invalid_token" || code === "insufficient_scope")
    return "https://tools.ietf.org/html/rfc6750#section-3.1"
  if (code === "invalid_target") return "https://tools.ietf.org/html/rfc8707#section-2"
  if (code === "unsupported_token_type") return "https://tools.ietf.org/html/rfc7009#section-2.2.1"
  if (code === "invalid_redirect_uri" || code === "invalid_client_metadata" || code === "invalid_software_statement")
    return "https://tools.ietf.org/html/rfc7591#section-3.2.2"
  if (code === "request_not_supported" || code === "request_uri_not_supported")
    return "https://tools.ietf.org/html/rfc9101#section-6.1"
  if (statusOf[code] === 403 || statusOf[code] >= 500 || code === "unsupported_response_type")
    return "https://tools.ietf.org/html/rfc6749#section-4.1.2.1"
  return "https://tools.ietf.org/html/rfc6749#section-5.2"
}

/** The JSON body of a refusal (RFC 6749 §5.2, RFC 6750 §3.1). */
export const errorBody = (error: OAuthError) => ({
  error: error.code,
  error_description: error.description,
  error_uri: errorUriOf(error.code),
})
