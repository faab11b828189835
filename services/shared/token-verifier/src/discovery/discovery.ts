/** Finding the authorization server's metadata from its issuer (RFC 8414 §3, §5; OpenID Connect Discovery 1.0 §4). */
import { AUTHORIZATION_SERVER, wellKnownUrl } from "@gatehouse/oauth"
import type { HttpAnswer, HttpClient } from "../http/http-client.ts"
import { Unavailable } from "../unavailable.ts"
import { WrongConfiguration } from "../wrong-configuration.ts"
import { isSameIssuer } from "./issuer.ts"

/** A metadata document that names the issuer we were given. */
export type DiscoveredMetadata = Readonly<Record<string, unknown> & { issuer: string }>

const OPENID = "openid-configuration"

/** In the order of asking: RFC 8414 and OpenID inserted before the issuer's path, then both appended to it. */
function metadataUrls(issuer: string): string[] {
  const appendedTo = issuer.replace(/\/$/, "")
  const urls = [
    wellKnownUrl(AUTHORIZATION_SERVER, issuer),
    wellKnownUrl(OPENID, issuer),
    `${appendedTo}/.well-known/${OPENID}`,
    `${appendedTo}/.well-known/${AUTHORIZATION_SERVER}`,
  ]
  return [...new Set(urls)]
}

/** Where the document of a renamed issuer stands: at its name, unless that is a template. */
const placeOf = (issuer: string, named: string): string => (named.includes("{") ? issuer : named)

export interface DiscoveryOptions {
  client: HttpClient
  issuer: string
  /** The name that the document must have, when that is another; the issuer's when absent. */
  named?: string
  /** Where this process reaches the issuer, when that is somewhere else. */
  internalUrl: string | undefined
  signal: AbortSignal
}

/**
 * Moves on only where the answer is a definite no (4xx) or no metadata; never past an outage, which may hide the right document.
 * @throws Unavailable when it can't be told now
 * @throws WrongConfiguration when the only documents there are name another issuer
 */
export async function discoverMetadata(options: DiscoveryOptions): Promise<DiscoveredMetadata> {
  const { client, issuer, named = issuer, internalUrl, signal } = options
  let other: string | undefined
  for (const url of metadataUrls(internalUrl ?? placeOf(issuer, named))) {
    const answer = await client.ask(url, { operation: "discover", method: "GET", signal })
    if (isOutage(answer))
      throw new Unavailable("bad_response", {
        cause: new Error(`${url} answered ${answer.status}`),
        retryAfterSeconds: answer.retryAfterSeconds,
      })
    const document = readMetadata(answer)
    if (document && isSameIssuer(named, document.issuer)) return document
    other ??= document?.issuer
  }
  // RFC 8414 §3.3: a document that names another issuer must not be used.
  if (other !== undefined)
    throw new WrongConfiguration(
      `the authorization server at ${issuer} names itself ${other}: set AUTH_SERVER_URL to that`,
    )
  throw new Unavailable("bad_response", { cause: new Error(`no authorization server metadata is found for ${issuer}`) })
}

const isOutage = ({ status }: HttpAnswer): boolean => status >= 500 || status === 429 || status === 408

function readMetadata({ status, json }: HttpAnswer): DiscoveredMetadata | undefined {
  if (status !== 200 || typeof json !== "object" || json === null) return undefined
  return "issuer" in json && typeof json.issuer === "string"
    ? Object.freeze({ ...json, issuer: json.issuer })
    : undefined
}
