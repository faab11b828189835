/** Records as the domain would save them, for the store suites. */
import { randomBytes } from "node:crypto"
import type { Grant, PendingAuthorization } from "../../src/domain/authorization.ts"
import type { Client } from "../../src/domain/client.ts"
import { hashOf } from "../../src/domain/hash.ts"
import type { AccessTokenRecord, RefreshTokenRecord, Rotation } from "../../src/domain/ports.ts"

const RESOURCE = "https://mcp.example/mcp"

export const randomId = (): string => randomBytes(16).toString("base64url")
export const randomHash = (): string => hashOf(randomId())

export const aClient = (): Client => ({
  clientId: randomId(),
  clientName: "A client \u2713",
  redirectUris: ["https://app.example/cb"],
  grantTypes: ["authorization_code"],
  authMethod: "none",
  scopes: [],
  contacts: [],
  issuedAt: 1_700_000_000,
  source: "registered",
})

export const aPending = (expiresAt: number): PendingAuthorization => ({
  clientId: randomId(),
  redirectUri: "https://app.example/cb",
  scopes: [],
  resource: RESOURCE,
  codeChallenge: randomHash(),
  browserHash: randomHash(),
  expiresAt,
})

export const aCode = (expiresAt: number, grantId = randomId()) => ({
  grantId,
  clientId: randomId(),
  redirectUri: "https://app.example/cb",
  codeChallenge: randomHash(),
  resource: RESOURCE,
  scope: "mcp",
  expiresAt,
})

export const aGrant = (createdAt: number, over: Partial<Grant> = {}): Grant => ({
  grantId: randomId(),
  subject: `demo|${randomId()}`,
  clientId: randomId(),
  scope: "mcp",
  resource: RESOURCE,
  createdAt,
  absoluteExpiresAt: createdAt + 90 * 86_400,
  generation: 0,
  rotatedAt: 0,
  revokedAt: 0,
  ...over,
})

export const anAccessToken = ({ grantId, subject, clientId }: Grant, exp: number): AccessTokenRecord => ({
  hash: randomHash(),
  claims: {
    iss: "https://auth.example",
    sub: subject,
    aud: RESOURCE,
    client_id: clientId,
    scope: "mcp",
    iat: exp - 900,
    exp,
    jti: randomId(),
    grant_id: grantId,
  },
})

export const aRefreshToken = (expiresAt: number): RefreshTokenRecord => ({ hash: randomHash(), expiresAt })

/** One refresh: what the domain proposes for a presented refresh token. */
export const aRotation = (grant: Grant, presented: string, now: number): Rotation => {
  const successor = aRefreshToken(now + 7 * 86_400)
  const accessToken = anAccessToken(grant, now + 900)
  return {
    grantId: grant.grantId,
    presented,
    successor,
    sealedSuccessor: `sealed ${successor.hash}`,
    graceSeconds: 30,
    accessToken,
  }
}
