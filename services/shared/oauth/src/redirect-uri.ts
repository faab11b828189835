/** Redirect URIs: which may be registered, and which request matches a registered one. Compared as raw strings. */
import { OAuthError } from "./errors.ts"

const MAX_LENGTH = 2048
const printableAscii = /^[\x21-\x7e]+$/
// Split as RFC 3986 does, without a URL parser's repairs: what is compared is what was registered.
const loopbackParts = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?(\/[^?#]*)?(\?[^#]*)?$/
const privateUseScheme = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/i
// Desktop clients in wide use whose schemes have no dot; each is registered by its vendor's installer.
const knownAppSchemes = /^(?:cursor|vscode|vscode-insiders|windsurf):\/\/[^/]/

const refuse = (why: string): never => {
  throw new OAuthError("invalid_redirect_uri", why)
}

/**
 * Checks one redirect URI for registration: https, a literal loopback host on any port, or a private-use scheme with a dot
 * (RFC 8252 §7, OAuth 2.1 §2.3).
 * @throws OAuthError `invalid_redirect_uri`
 */
export function checkRedirectUri(uri: unknown): string {
  if (typeof uri !== "string" || uri === "") return refuse("each redirect URI must be a string")
  if (uri.length > MAX_LENGTH) return refuse(`a redirect URI has at most ${MAX_LENGTH} characters`)
  if (!printableAscii.test(uri) || uri.includes("\\"))
    return refuse("a redirect URI has only printable ASCII characters")
  if (uri.includes("#")) return refuse("a redirect URI must not have a fragment") // RFC 6749 §3.1.2, an empty one included
  if (!URL.canParse(uri)) return refuse("a redirect URI must be an absolute URI")
  const url = new URL(uri)
  if (url.username !== "" || url.password !== "" || /^[a-z][a-z0-9+.-]*:\/*[^/?]*@/i.test(uri))
    return refuse("a redirect URI must not have user information")
  if (url.protocol === "https:") return checkHttps(uri, url)
  if (url.protocol === "http:")
    return loopbackParts.test(uri) ? uri : refuse("http is allowed for localhost, 127.0.0.1 and [::1] only")
  if (privateUseScheme.test(uri) || knownAppSchemes.test(uri)) return uri
  return refuse("a private-use scheme needs a dot, as in com.example.app:/callback") // RFC 8252 §7.1
}

function checkHttps(uri: string, url: URL): string {
  if (!/^https:\/\/[^/?]+/i.test(uri)) return refuse("a redirect URI must be an absolute URI")
  // A pattern would never be matched as one here; whoever registers it expects otherwise, so it is refused.
  if (uri.includes("*") || /%2a/i.test(uri)) return refuse("wildcards are not supported in redirect URIs")
  if (url.hostname === "") return refuse("a redirect URI needs a host")
  return uri
}

/** Whether a requested redirect URI is the registered one: byte for byte, but for the port of a loopback host (RFC 8252 §7.3). */
export function matchesRedirectUri(registered: string, requested: string): boolean {
  if (registered === requested) return true
  const a = loopbackParts.exec(registered)
  const b = loopbackParts.exec(requested)
  if (!a || !b) return false
  if (b[2] !== undefined && Number(b[2]) > 65535) return false
  return a[1] === b[1] && (a[3] ?? "/") === (b[3] ?? "/") && (a[4] ?? "") === (b[4] ?? "")
}

/** Whether a redirect URI leads to a program on the user's own machine, which any local program could imitate. */
export const isLoopbackRedirectUri = (uri: string): boolean => loopbackParts.test(uri)
