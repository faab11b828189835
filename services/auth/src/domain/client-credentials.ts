/** What a request presents to say who asks (RFC 6749 §2.3, RFC 7521 §4.2): read, not yet believed. */
import { OAuthError, type Parameters, parseBasicCredentials } from "@gatehouse/oauth"

export type ClientCredentials =
  | { method: "none"; clientId: string }
  /** Which of the two envelopes a secret came in makes no difference to what it proves. */
  | { method: "client_secret"; clientId: string; secret: string }
  | { method: "private_key_jwt"; clientId: string | undefined; assertion: string }

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/** One text for all of them: whoever guesses learns nothing from it. */
export const notAuthenticated = (cause?: unknown): OAuthError => new OAuthError("invalid_client", FAILED, { cause })

const FAILED = "client authentication failed"

/**
 * @param authorization values of the Authorization headers
 * @throws OAuthError `invalid_request` when the request authenticates in two ways, `invalid_client` when in none that is understood
 */
export function parseClientCredentials(authorization: readonly string[], parameters: Parameters): ClientCredentials {
  const clientId = parameters.get("client_id")
  const secret = parameters.get("client_secret")
  const assertion = parameters.get("client_assertion")
  const ways = authorization.length + (secret === undefined ? 0 : 1) + (assertion === undefined ? 0 : 1)
  if (ways > 1) throw new OAuthError("invalid_request", "a client authenticates in one way") // RFC 6749 §2.3

  const [header] = authorization
  if (header !== undefined) return fromHeader(header, clientId)
  if (assertion !== undefined) {
    if (parameters.get("client_assertion_type") !== ASSERTION_TYPE)
      throw new OAuthError("invalid_request", `client_assertion_type must be ${ASSERTION_TYPE}`)
    return { method: "private_key_jwt", clientId, assertion }
  }
  if (clientId === undefined) throw notAuthenticated()
  return secret === undefined ? { method: "none", clientId } : { method: "client_secret", clientId, secret }
}

function fromHeader(header: string, bodyClientId: string | undefined): ClientCredentials {
  const basic = parseBasicCredentials(header)
  if (basic === undefined) throw notAuthenticated()
  const { clientId, clientSecret: secret } = basic
  if (bodyClientId !== undefined && bodyClientId !== clientId)
    throw new OAuthError("invalid_request", "client_id differs from that of the Authorization header")
  // RFC 6749 §2.3.1: an empty secret is as good as none, and public clients do send it.
  return secret === "" ? { method: "none", clientId } : { method: "client_secret", clientId, secret }
}

/** There is this client, and it did not prove to be it: to the log it has a name, to whoever asks it is nobody. */
export class UnprovenClient extends OAuthError {
  readonly clientId: string

  constructor(clientId: string, cause?: unknown) {
    super("invalid_client", FAILED, { cause })
    this.clientId = clientId
  }
}
