/** An issuer's name, and where this process reaches what is called by it. */

const withoutSlash = (url: string): string => url.replace(/\/$/, "")

/** Byte for byte, but for one trailing slash between what an operator configured and what the document says. */
export const isSameIssuer = (configured: string, named: string): boolean =>
  withoutSlash(configured) === withoutSlash(named)

/** The URL to call for an endpoint: one that begins with the issuer is reached at the internal URL, when there is one. */
export function reachableAt(endpoint: string, issuer: string, internalUrl: string | undefined): string {
  const base = withoutSlash(issuer)
  if (internalUrl === undefined || !(endpoint === base || endpoint.startsWith(`${base}/`))) return endpoint
  return withoutSlash(internalUrl) + endpoint.slice(base.length)
}
