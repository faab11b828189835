/** The `WWW-Authenticate` challenge of a protected resource (RFC 6750 §3, RFC 9728 §5.1). */
import { errorUriOf, type OAuthErrorCode } from "./errors.ts"

export interface ChallengeParameters {
  /** URL of the protected resource metadata. */
  resourceMetadata: string
  /** Scopes the operation needs, all of them. */
  scopes?: readonly string[]
  /** Only when a token was sent (RFC 6750 §3.1). */
  error?: { code: OAuthErrorCode; description: string }
}

// quoted-string of RFC 9110 §5.6.4 without escapes: what would need one is replaced.
const quoted = (text: string): string => `"${text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "?")}"`

/** The header value: `Bearer error="…", error_description="…", error_uri="…", scope="…", resource_metadata="…"`. */
export function bearerChallenge({ resourceMetadata, scopes, error }: ChallengeParameters): string {
  const parameters = [
    ...(error
      ? [
          `error=${quoted(error.code)}`,
          `error_description=${quoted(error.description)}`,
          `error_uri=${quoted(errorUriOf(error.code))}`,
        ]
      : []),
    ...(scopes && scopes.length > 0 ? [`scope=${quoted(scopes.join(" "))}`] : []),
    `resource_metadata=${quoted(resourceMetadata)}`,
  ]
  return `Bearer ${parameters.join(", ")}`
}
