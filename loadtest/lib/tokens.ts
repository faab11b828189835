/** Tokens made before a test begins: as many good ones as it needs, and one of each bad kind. */
import crypto from "k6/crypto"
import encoding from "k6/encoding"
import {
  type AuthorizationServer,
  type Grant,
  grantOf,
  obtainGrant,
  refreshTogether,
  requestToken,
  requestTokens,
  requireAccessToken,
  requireRevoked,
  revoke,
} from "./authorization-server.ts"
import { EXPIRED_TOKEN, OTHER_RESOURCE, TOKEN_CACHE_SECONDS } from "./settings.ts"

const TOGETHER = 20

/** So many different tokens that nobody has used yet: of one client, or of twenty people who each refresh again and again. */
export function mintTokens(server: AuthorizationServer, count: number): string[] {
  return server.client.secret === undefined ? mintOfPeople(server, count) : mintOfClient(server, count)
}

function mintOfClient(server: AuthorizationServer, count: number): string[] {
  const tokens: string[] = []
  while (tokens.length < count)
    tokens.push(...requestTokens(server, Math.min(TOGETHER, count - tokens.length)).map(requireAccessToken))
  return tokens
}

function mintOfPeople(server: AuthorizationServer, count: number): string[] {
  let grants = mintGrants(server, Math.min(TOGETHER, count))
  const tokens = grants.map(({ accessToken }) => accessToken)
  while (tokens.length < count) {
    const some = grants.slice(0, count - tokens.length).map(({ refreshToken }) => refreshToken)
    const answers = refreshTogether(server, some)
    tokens.push(...answers.map(requireAccessToken))
    grants = answers.map(grantOf)
  }
  return tokens
}

/** Each of another person. */
export function mintGrants(server: AuthorizationServer, count: number): Grant[] {
  const run = Date.now().toString(36)
  return Array.from({ length: count }, (_, i) => obtainGrant(server, `load-${run}-${i}`))
}

/** How many tokens are enough for each to be forgotten again before its turn comes, at so many misses a second. */
export const coldPoolSize = (missesPerSecond: number, seconds: number): number =>
  Math.ceil(missesPerSecond * Math.min(seconds + 1, TOKEN_CACHE_SECONDS + 10))

export interface BadToken {
  kind: string
  token: string
}

/** One of each kind, but the random one: that one is another each time. */
export function mintBadTokens(server: AuthorizationServer): BadToken[] {
  const [good = "", revoked = ""] = mintTokens(server, 2)
  requireRevoked(revoke(server, revoked))
  const bad = [{ kind: "revoked", token: revoked }, ...forgeriesOf(good), ...expired()]
  if (OTHER_RESOURCE !== undefined && server.client.secret !== undefined)
    bad.push({ kind: "for another resource", token: requireAccessToken(requestToken(server, OTHER_RESOURCE)) })
  return bad
}

/** One where the environment has one. */
export const expired = (): BadToken[] =>
  EXPIRED_TOKEN === undefined ? [] : [{ kind: "expired", token: EXPIRED_TOKEN }]

/** What anybody can make of a token that was seen. An opaque token has no parts: then there are none. */
export function forgeriesOf(token: string): BadToken[] {
  const [header, payload, signature] = token.split(".")
  if (header === undefined || payload === undefined || signature === undefined) return []
  const claims = JSON.parse(encoding.b64decode(payload, "rawurl", "s")) as Record<string, unknown>
  const encode = (value: unknown) => encoding.b64encode(JSON.stringify(value), "rawurl")
  const middle = Math.floor(signature.length / 2)
  const other = signature[middle] === "A" ? "B" : "A"
  return [
    {
      kind: "forged",
      token: `${header}.${payload}.${signature.slice(0, middle)}${other}${signature.slice(middle + 1)}`,
    },
    { kind: "altered", token: `${header}.${encode({ ...claims, sub: "somebody-else" })}.${signature}` },
    { kind: "unsigned", token: `${encode({ alg: "none", typ: "at+jwt" })}.${payload}.` },
  ]
}

export const garbage = (): BadToken => ({
  kind: "garbage",
  token: encoding.b64encode(crypto.randomBytes(32), "rawurl"),
})
