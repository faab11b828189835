/** The authorization request (RFC 6749 §4.1.1): who asks, where the answer goes, and whether what is asked can be given. */
import {
  canonicalResource,
  checkCodeChallenge,
  coversScope,
  DEFAULT_SCOPE,
  MCP_SCOPES,
  matchesRedirectUri,
  missingScopes,
  OAuthError,
  parseScope,
} from "@gatehouse/oauth"
import type { PendingAuthorization } from "./authorization.ts"
import type { Client } from "./client.ts"
import type { FindClient } from "./ports.ts"

const MAX_STATE_LENGTH = 4096

/** A query read so that an error can still be answered: a repeated parameter has no value (RFC 6749 §3.1). */
export interface AuthorizationParameters {
  values: ReadonlyMap<string, string>
  repeated: ReadonlySet<string>
}

export function parseAuthorizationParameters(query: string): AuthorizationParameters {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  const values = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (seen.has(name)) repeated.add(name)
    seen.add(name)
    if (value !== "") values.set(name, value)
  }
  for (const name of repeated) values.delete(name)
  return { values, repeated }
}

/** Who asks, and where the answer goes. Errors that come before this is known are shown to the person. */
export interface Requester {
  client: Client
  redirectUri: string
  state?: string
}

/**
 * Identifies the client and the redirect URI: until both are known and belong together, nobody is sent anywhere (RFC 6749 §4.1.2.1).
 * @throws OAuthError, to be shown on a page
 */
export async function identifyRequester(
  { values, repeated }: AuthorizationParameters,
  findClient: FindClient,
): Promise<Requester> {
  for (const name of ["client_id", "redirect_uri"])
    if (repeated.has(name)) throw new OAuthError("invalid_request", `The app sent ${name} more than once.`)
  const clientId = values.get("client_id")
  if (clientId === undefined)
    throw new OAuthError("invalid_request", "The app did not say who it is: client_id is missing.")
  const client = await findClient(clientId)
  if (client === undefined)
    throw new OAuthError(
      "invalid_client",
      "The app is not known here. It may have been registered long ago, or with another server.",
    )
  const state = values.get("state")
  return {
    client,
    redirectUri: redirectUriOf(values.get("redirect_uri"), client),
    // A state that is refused is not repeated either.
    ...(state !== undefined && state.length <= MAX_STATE_LENGTH && { state }),
  }
}

function redirectUriOf(requested: string | undefined, client: Client): string {
  const [only, another] = client.redirectUris
  if (requested === undefined) {
    if (only !== undefined && another === undefined) return only
    throw new OAuthError("invalid_request", "The app did not say where to return to: redirect_uri is missing.")
  }
  if (client.redirectUris.some((registered) => matchesRedirectUri(registered, requested))) return requested
  throw new OAuthError("invalid_request", "The app asks to return to an address that it has not registered.")
}

/** What is asked for, checked. */
export type AskedAuthorization = Pick<PendingAuthorization, "scopes" | "resource" | "codeChallenge">

/**
 * Checks everything else, in the order of the list.
 * @param resources canonical URLs of the resources that tokens are issued for
 * @throws OAuthError, to be answered to the client's redirect URI
 */
export function checkAuthorizationRequest(
  parameters: AuthorizationParameters,
  client: Client,
  resources: readonly string[],
): AskedAuthorization {
  const { values } = parameters
  checkRepeated(parameters)
  checkStateLength(values.get("state"))
  checkUnsupported(values)
  checkResponseType(values.get("response_type"))
  if (!client.grantTypes.includes("authorization_code"))
    throw new OAuthError("unauthorized_client", "this client is not registered for authorization_code")
  return {
    codeChallenge: checkCodeChallenge(values.get("code_challenge"), values.get("code_challenge_method")),
    scopes: checkScope(values.get("scope"), client),
    resource: checkResource(values.get("resource"), resources),
  }
}

function checkRepeated({ repeated }: AuthorizationParameters): void {
  // RFC 8707 §2 allows several resources; a token here is for one.
  if (repeated.has("resource")) throw new OAuthError("invalid_target", "one resource can be asked for at a time")
  if (repeated.size > 0) throw new OAuthError("invalid_request", "a parameter was sent more than once")
}

function checkStateLength(state: string | undefined): void {
  if (state !== undefined && state.length > MAX_STATE_LENGTH)
    throw new OAuthError("invalid_request", `state has at most ${MAX_STATE_LENGTH} characters`)
}

function checkUnsupported(values: ReadonlyMap<string, string>): void {
  if (values.has("request")) throw new OAuthError("request_not_supported", "request objects are not supported")
  if (values.has("request_uri")) throw new OAuthError("request_uri_not_supported", "request_uri is not supported")
  if ((values.get("response_mode") ?? "query") !== "query")
    throw new OAuthError("invalid_request", "response_mode must be query")
}

function checkResponseType(responseType: string | undefined): void {
  if (responseType === undefined) throw new OAuthError("invalid_request", "response_type is required")
  if (responseType !== "code") throw new OAuthError("unsupported_response_type", "response_type must be code")
}

/** What a client asks for, or the default. @throws OAuthError `invalid_scope` */
export function checkScope(scope: string | undefined, client: Client): string[] {
  if (scope === undefined) return coversScope(client.scopes, DEFAULT_SCOPE) ? [DEFAULT_SCOPE] : [...client.scopes]
  const scopes = parseScope(scope)
  const known: readonly string[] = MCP_SCOPES
  if (scopes.some((asked) => !known.includes(asked)))
    throw new OAuthError("invalid_scope", `known scopes are ${known.join(", ")}`)
  if (missingScopes(client.scopes, scopes).length > 0)
    throw new OAuthError("invalid_scope", "the client is not registered for a scope it asks for")
  return scopes
}

/** The canonical resource that is asked for, or the only one. @throws OAuthError `invalid_target` */
export function checkResource(resource: string | undefined, resources: readonly string[]): string {
  if (resource !== undefined) {
    const canonical = canonicalResource(resource)
    if (resources.includes(canonical)) return canonical
    throw new OAuthError("invalid_target", "no tokens are issued here for this resource")
  }
  const [only, another] = resources
  if (only !== undefined && another === undefined) return only
  throw new OAuthError("invalid_target", "resource is required: tokens are issued here for several")
}
