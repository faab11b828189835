/** Which hosts a metadata document may send us to: whoever can change the document must not choose where our secret goes. */
import { WrongConfiguration } from "../wrong-configuration.ts"

export interface EndpointPolicy {
  issuer: string
  /** Hosts that a provider is known to use beside its issuer's domain. */
  hosts: readonly string[]
}

/**
 * Checks an endpoint that a document names: on the issuer's host or its registrable domain (`login.example.com` may name
 * `api.example.com`; an address names only itself), or a host that the provider is known for; https when the issuer is.
 * @param what the member of the document, and `setting` the variable that an operator can vouch with instead
 * @throws WrongConfiguration
 */
export async function checkEndpoint(
  url: unknown,
  { issuer, hosts }: EndpointPolicy,
  { what, setting }: { what: string; setting: string },
): Promise<string> {
  if (typeof url !== "string" || !URL.canParse(url))
    throw new WrongConfiguration(`${issuer} publishes no ${what}: set ${setting}`)
  const endpoint = new URL(url)
  const home = new URL(issuer)
  // Our secret would travel in the clear, or keys that anybody could have replaced.
  if (home.protocol === "https:" && endpoint.protocol !== "https:")
    throw new WrongConfiguration(`${issuer} publishes the ${what} ${url}, which is not https`)
  if (hosts.includes(endpoint.hostname) || (await isSameSite(home.hostname, endpoint.hostname))) return url
  throw new WrongConfiguration(
    `${issuer} publishes the ${what} ${url} on another domain: if that is right, set ${setting}=${url}`,
  )
}

/** `allowPrivateDomains`: two customers of a hosting domain (`a.example-cloud.app`, `b.…`) are two sites. */
async function isSameSite(host: string, other: string): Promise<boolean> {
  if (host === other) return true
  const { getDomain } = await import("tldts") // ten megabytes that most never need
  const site = getDomain(host, { allowPrivateDomains: true })
  return site !== null && site === getDomain(other, { allowPrivateDomains: true })
}
