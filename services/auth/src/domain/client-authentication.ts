/** Authenticates a client (RFC 6749 §2.3) and a resource server (RFC 7662 §2.1). */
import { timingSafeEqual } from "node:crypto"
import type { Parameters } from "@gatehouse/oauth"
import type { Hash } from "./authorization.ts"
import type { Client, ResourceServer } from "./client.ts"
import { type AssertionDependencies, authenticateByAssertion } from "./client-assertion.ts"
import {
  type ClientCredentials,
  notAuthenticated,
  parseClientCredentials,
  UnprovenClient,
} from "./client-credentials.ts"
import { hashOf } from "./hash.ts"

/** A metadata document's URL is the longest id there is; a longer one is nobody's. */
const MAX_CLIENT_ID_LENGTH = 2048

/** Compared with when there is no secret, so that an unknown client takes the time of a known one. */
const nobodysHash = hashOf("nobody")

/**
 * @throws OAuthError `invalid_client`, the same for whatever is wrong; UnprovenClient, where there is such a client; `temporarily_unavailable`
 */
export async function authenticateClient(credentials: ClientCredentials, deps: AssertionDependencies): Promise<Client> {
  if (credentials.method === "private_key_jwt") return authenticateByAssertion(credentials, deps)
  const { clientId } = credentials
  const client = clientId.length <= MAX_CLIENT_ID_LENGTH ? await deps.findClient(clientId) : undefined
  const proven =
    credentials.method === "client_secret"
      ? isSecret(credentials.secret, client?.secretHash)
      : client?.authMethod === "none" // a bare client_id is all that a public client has, and proves nothing for another
  if (client === undefined) throw notAuthenticated()
  if (!proven) throw new UnprovenClient(clientId)
  return client
}

/**
 * Authenticates resource servers, which ask for every request: what a header proved once, it proves again by its hash alone.
 */
export function createResourceServerAuthentication(findResourceServer: FindResourceServer) {
  const proven = new Map<Hash, ResourceServer>()
  /** @throws OAuthError `invalid_client`: clients are no resource servers, whatever they know; `invalid_request` */
  return (authorization: readonly string[], parameters: Parameters): ResourceServer => {
    const [header] = authorization
    const alone = authorization.length === 1 && !authenticatingParameters.some((name) => parameters.has(name))
    const hash = alone && header !== undefined ? hashOf(header) : undefined
    const known = hash === undefined ? undefined : proven.get(hash)
    if (known !== undefined) return known
    const resourceServer = authenticate(parseClientCredentials(authorization, parameters), findResourceServer)
    if (proven.size >= MAX_PROVEN) proven.clear() // one credential can be written in many ways
    if (hash !== undefined) proven.set(hash, resourceServer)
    return resourceServer
  }
}

export type FindResourceServer = (clientId: string) => ResourceServer | undefined

const MAX_PROVEN = 1000
const authenticatingParameters = ["client_id", "client_secret", "client_assertion"]

function authenticate(credentials: ClientCredentials, findResourceServer: FindResourceServer): ResourceServer {
  if (credentials.method !== "client_secret") throw notAuthenticated()
  const resourceServer = findResourceServer(credentials.clientId)
  const proven = isSecret(credentials.secret, resourceServer?.secretHash)
  if (resourceServer === undefined || !proven) throw notAuthenticated()
  return resourceServer
}

function isSecret(secret: string, hash: string | undefined): boolean {
  const equal = timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(hash ?? nobodysHash))
  return equal && hash !== undefined
}
