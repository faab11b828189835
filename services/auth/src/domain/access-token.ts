/** Access tokens: a JWT by its form (RFC 9068), a record in the store by its meaning. */
import { randomBytes } from "node:crypto"
import { type AccessTokenClaims, OAuthError } from "@gatehouse/oauth"
import type { Grant, Hash } from "./authorization.ts"
import { hashOf } from "./hash.ts"
import type { AccessTokenRecord } from "./ports.ts"
import type { SigningKeys } from "./signing-keys.ts"

export interface AccessTokenDependencies {
  config: { issuer: string; accessTokenTtlSeconds: number }
  signingKeys: SigningKeys
  now: () => number
}

/**
 * Makes an access token of a grant. It is worth nothing before its record is remembered.
 * @param scope of this token, which may be narrower than the grant's
 * @throws OAuthError `invalid_grant` when nothing of the grant can live any longer
 */
export async function createAccessToken(
  grant: Grant,
  scope: string,
  { config, signingKeys, now }: AccessTokenDependencies,
): Promise<{ accessToken: string; record: AccessTokenRecord }> {
  const iat = Math.floor(now())
  const exp = Math.floor(Math.min(iat + config.accessTokenTtlSeconds, grant.absoluteExpiresAt))
  if (exp <= iat) throw new OAuthError("invalid_grant", "the grant has expired")
  const claims = {
    iss: config.issuer,
    sub: grant.subject,
    aud: grant.resource,
    client_id: grant.clientId,
    scope,
    iat,
    exp,
    jti: randomBytes(16).toString("base64url"),
    grant_id: grant.grantId, // last: `parseAccessToken` reads it from the end
  } satisfies AccessTokenClaims
  const accessToken = await signingKeys.sign(claims)
  return { accessToken, record: { hash: hashOf(accessToken), claims } }
}

const jwt = /^[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)(\n?)$/
const grantIdAtTheEnd = /"grant_id":"([A-Za-z0-9_-]{22})"\}$/
/** Enough base64url, of whole groups of four, for the claim that stands last. */
const TAIL_LENGTH = 56

/**
 * The grant that a token names and the hash that it is known by; undefined when it is no access token of ours. Nothing in it is
 * believed: the grant's id says only where to look, and only what was issued has its hash there. So only the end is read, where we
 * write that id.
 */
export function parseAccessToken(text: string): { grantId: string; hash: Hash } | undefined {
  const [, payload, signature, end = ""] = jwt.exec(text) ?? []
  if (payload === undefined || signature === undefined) return undefined
  const tail = payload.slice(Math.max(0, Math.floor((payload.length - TAIL_LENGTH) / 4) * 4))
  const grantId = grantIdAtTheEnd.exec(Buffer.from(tail, "base64url").toString("latin1"))?.[1]
  if (grantId === undefined) return undefined
  return { grantId, hash: hashOf(canonical(end === "" ? text : text.slice(0, -1), signature.length)) }
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
/** Bits of the last character that no byte needs, by the length of the text modulo 4. */
const unusedBits = [0, 0, 0b1111, 0b11]

/** The last character of a signature has bits that mean nothing: other strings verify as the same token, and are it. */
function canonical(token: string, signatureLength: number): string {
  const unused = unusedBits[signatureLength % 4] ?? 0
  const last = base64url.indexOf(token.slice(-1))
  return (last & unused) === 0 ? token : token.slice(0, -1) + base64url.charAt(last & ~unused)
}
