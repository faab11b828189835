/** Where metadata stands: well-known paths are inserted between host and path (RFC 8414 §3, RFC 9728 §3). */

const pathOf = (url: string): string => new URL(url).pathname.replace(/\/+$/, "")

/** The path of a well-known document for an issuer or a resource: `/.well-known/NAME` plus the URL's own path. */
export const wellKnownPath = (name: string, url: string): string => `/.well-known/${name}${pathOf(url)}`

export const wellKnownUrl = (name: string, url: string): string => new URL(url).origin + wellKnownPath(name, url)

export const AUTHORIZATION_SERVER = "oauth-authorization-server"
export const PROTECTED_RESOURCE = "oauth-protected-resource"

/** An endpoint of an issuer: appended to the issuer string, which is otherwise left byte for byte as configured. */
export const endpointOf = (issuer: string, path: `/${string}`): string => issuer.replace(/\/$/, "") + path

/** The path prefix under which an issuer's endpoints are served: "" or "/t1". */
export const pathPrefixOf = pathOf
