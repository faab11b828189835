/** `private_key_jwt`: a client proves who it is by a signature (RFC 7523 §2.2, §3). */
import { endpointOf } from "@gatehouse/oauth"
import { createLocalJWKSet, decodeJwt, type JWTPayload, jwtVerify } from "jose"
import type { Client } from "./client.ts"
import { notAuthenticated, UnprovenClient } from "./client-credentials.ts"
import { hashOf } from "./hash.ts"
import type { FindClient, Replays } from "./ports.ts"

/** Asymmetric only: with HS256 a published key would be a secret. */
export const ASSERTION_ALGORITHMS = [
  "ES256",
  "ES384",
  "ES512",
  "PS256",
  "PS384",
  "PS512",
  "RS256",
  "RS384",
  "RS512",
  "EdDSA",
]

/** An assertion is made for one request; its `jti` is remembered as long as it lives. */
const MAX_LIFETIME_SECONDS = 600
const CLOCK_TOLERANCE_SECONDS = 5

export interface AssertionDependencies {
  config: { issuer: string }
  stores: { replays: Replays }
  findClient: FindClient
  now: () => number
  /** Names this request: a command that is sent again is not a second assertion. */
  attempt: string
}

/**
 * @param presented.clientId the parameter, which may be absent (RFC 7521 §4.2)
 * @throws OAuthError `invalid_client`; `temporarily_unavailable`
 */
export async function authenticateByAssertion(
  { clientId, assertion }: { clientId: string | undefined; assertion: string },
  deps: AssertionDependencies,
): Promise<Client> {
  const claimed = await orRefused(async () => decodeJwt(assertion))
  if (typeof claimed.sub !== "string" || (clientId !== undefined && clientId !== claimed.sub)) throw notAuthenticated()
  const client = await deps.findClient(claimed.sub)
  if (client?.authMethod !== "private_key_jwt") throw notAuthenticated()
  const { jti, exp } = await verify(assertion, client, deps).catch((error) => {
    throw new UnprovenClient(client.clientId, error)
  })

  // Both a client's name and its jti may hold anything: as JSON, no two pairs are one text.
  const once = hashOf(JSON.stringify([client.clientId, jti]))
  const first = await deps.stores.replays.first(once, deps.attempt, exp + CLOCK_TOLERANCE_SECONDS)
  if (!first) throw new UnprovenClient(client.clientId, "replayed")
  return client
}

async function verify(
  assertion: string,
  { clientId, jwks }: Client,
  { config: { issuer }, now }: AssertionDependencies,
): Promise<{ jti: string; exp: number }> {
  const { payload } = await jwtVerify(assertion, createLocalJWKSet(jwks ?? { keys: [] }), {
    algorithms: ASSERTION_ALGORITHMS,
    issuer: clientId,
    subject: clientId,
    audience: [issuer, endpointOf(issuer, "/token")],
    requiredClaims: ["exp", "jti"],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now() * 1000),
  })
  return checkUse(payload, now())
}

function checkUse({ aud, exp = 0, jti }: JWTPayload, now: number): { jti: string; exp: number } {
  // An assertion that is also for another server could be passed on by that one.
  if (Array.isArray(aud) && aud.length !== 1) throw notAuthenticated("several audiences")
  if (exp > now + MAX_LIFETIME_SECONDS + CLOCK_TOLERANCE_SECONDS) throw notAuthenticated("lives too long")
  if (typeof jti !== "string" || jti === "") throw notAuthenticated("no jti")
  return { jti, exp }
}

/** Whatever is wrong with an assertion is one refusal; nothing in these steps asks anybody else. */
async function orRefused<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    throw notAuthenticated(error)
  }
}
