/** Resource indicators (RFC 8707): one canonical form, made once at the edge and compared byte for byte from then on. */
import { OAuthError } from "./errors.ts"
import { isLoopbackHost } from "./loopback.ts"

const refuse = (why: string): never => {
  throw new OAuthError("invalid_target", why)
}

/**
 * Brings a resource URL to its one form: scheme and host in lower case, default port dropped, the rest untouched.
 * @throws OAuthError `invalid_target` for what is not an absolute http(s) URL without fragment and user information (RFC 8707 §2)
 */
export function canonicalResource(resource: string): string {
  const parts = /^(https?):\/\/([^/?#@\s\\]+)((?:[/?][^#\s\\]*)?)$/i.exec(resource)
  if (!parts || !URL.canParse(resource)) return refuse("resource must be an absolute http(s) URL without a fragment")
  const [, scheme = "", authority = "", rest = ""] = parts
  const origin = new URL(`${scheme}://${authority}`).origin
  // "https://h" and "https://h/" name one resource (RFC 3986 §6.2.3); MCP writes it without the slash.
  return rest === "/" ? origin : origin + rest
}

/**
 * Checks a URL that names one of our own services (issuer, resource, base): https, or http on a loopback host.
 * @throws RangeError with a sentence for the operator
 */
export function checkServiceUrl(name: string, value: string, options: { allowHttp?: boolean } = {}): string {
  // A URL parser drops spaces and line breaks; an issuer is compared byte for byte, and would keep them.
  if (!URL.canParse(value) || /\s/.test(value)) throw new RangeError(`${name} is not a URL`) // which may hold a password
  const url = new URL(value)
  if (url.protocol !== "https:" && url.protocol !== "http:") throw new RangeError(`${name} must be an http(s) URL`)
  if (url.search !== "" || value.includes("#") || value.includes("?"))
    throw new RangeError(`${name} must not have a query or a fragment`)
  if (url.username !== "" || url.password !== "") throw new RangeError(`${name} must not carry user information`)
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname) && !options.allowHttp)
    throw new RangeError(
      `${name} is plain http on ${url.hostname}: use https, or set ALLOW_HTTP_ISSUER=true to accept the risk`,
    )
  return value
}
