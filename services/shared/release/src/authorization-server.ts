/** The authorization server as a test speaks to it: its metadata, a token for the test client, introspection and revocation. */
import { AUTHORIZATION_SERVER, formatBasicCredentials, wellKnownUrl } from "@gatehouse/oauth"
import { NotChecked } from "./check-list.ts"
import { askHttp, askPatiently, excerptOf, type HttpAnswer } from "./http-question.ts"

/** Who asks. */
export interface ClientSecret {
  clientId: string
  clientSecret: string
}

/** The issuer, and where it is reached. */
export interface ServerPlace {
  issuer: string
  /** Stands for the whole issuer, its path included. */
  url: string
}

const OPENID = "openid-configuration"

/**
 * The document at RFC 8414's place, or at OpenID's, which names this issuer byte for byte.
 * @throws Error with a sentence that says both
 */
export async function readMetadata(place: ServerPlace, timeoutMs: number): Promise<Record<string, unknown>> {
  const { issuer, url } = place
  const first = await askPatiently(wellKnownUrl(AUTHORIZATION_SERVER, url), timeoutMs)
  const appended = `${url.replace(/\/$/, "")}/.well-known/${OPENID}`
  const answer = first.status === 200 ? first : await askHttp(appended)
  if (answer.status !== 200)
    throw new Error(
      `no metadata at ${wellKnownUrl(AUTHORIZATION_SERVER, url)} (${first.status}) nor at ${appended} (${answer.status})`,
    )
  const { issuer: named } = answer.json
  if (named !== issuer)
    throw new Error(`it names itself ${JSON.stringify(named)} and is called ${JSON.stringify(issuer)}`)
  return answer.json
}

/** Where an endpoint of the metadata is reached. @throws NotChecked when there is none */
export function endpointOf(
  metadata: Readonly<Record<string, unknown>>,
  name: string,
  { issuer, url }: ServerPlace,
): string {
  const endpoint = metadata[name]
  if (typeof endpoint !== "string") throw new NotChecked(`the authorization server has no ${name}`)
  const base = issuer.replace(/\/$/, "")
  return endpoint.startsWith(`${base}/`) ? url.replace(/\/$/, "") + endpoint.slice(base.length) : endpoint
}

export const postForm = (url: string, client: ClientSecret, form: Record<string, string>): Promise<HttpAnswer> =>
  askHttp(url, {
    method: "POST",
    headers: { authorization: formatBasicCredentials(client) },
    body: new URLSearchParams(form),
  })

/** A token by client credentials (RFC 6749 §4.4, RFC 8707). @throws Error with a sentence */
export async function requestToken(endpoint: string, client: ClientSecret, resource: string): Promise<string> {
  const answer = await postForm(endpoint, client, { grant_type: "client_credentials", resource })
  const { access_token: token, token_type: type } = answer.json
  if (answer.status !== 200 || typeof token !== "string") throw new Error(sentenceFor(answer, client, resource))
  if (typeof type !== "string" || type.toLowerCase() !== "bearer") throw new Error(`its token_type is ${String(type)}`)
  return token
}

function sentenceFor(answer: HttpAnswer, { clientId }: ClientSecret, resource: string): string {
  switch (answer.json["error"]) {
    case "invalid_client":
      return `the client ${clientId} is not known with this secret: TEST_CLIENT_SECRET and CLIENTS_FILE of the authorization server differ`
    case "invalid_target":
      return `no tokens are issued for ${resource}: RESOURCES of the authorization server must name it`
    default:
      return `it answered ${excerptOf(answer)}`
  }
}
