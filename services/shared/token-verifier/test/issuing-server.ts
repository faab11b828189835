/** An authorization server on a real socket that issues JWTs of RFC 9068, publishes its keys, and knows what it issued. */

import { randomUUID } from "node:crypto"
import { manualClock } from "@gatehouse/test-kit"
import { createTokenVerifier, type TokenVerifier, type TokenVerifierOptions } from "@gatehouse/token-verifier"
import { onTestFinished } from "vitest"
import { json, type ScriptedServer, startAuthorizationServer } from "./authorization-server.ts"
import { RESOURCE, START } from "./setting.ts"
import { makeKey, type TestKey } from "./signing-key.ts"

export interface IssuingServer extends ScriptedServer {
  /** The newest key signs; all are published. */
  keys: TestKey[]
  /** A JWT that it knows, with these claims changed. */
  issue(claims?: object, header?: object): string
  /** An opaque token that it knows. */
  issueOpaque(claims?: object): string
  revoke(token: string): void
  /** What its metadata says beside the usual. */
  publish(members?: Record<string, unknown>): void
  keysFetched(): number
}

const METADATA = "/.well-known/oauth-authorization-server"

export async function startIssuingServer(): Promise<IssuingServer> {
  const server = await startAuthorizationServer()
  const known = new Map<string, object>()
  const { issuer } = server
  let next = 0
  const claimsOf = (claims: object) => ({
    iss: issuer,
    sub: "demo|alice",
    aud: RESOURCE,
    client_id: "client-1",
    scope: "mcp",
    iat: START,
    exp: START + 3600,
    jti: `jti-${next++}`,
    grant_id: "grant-1",
    ...claims,
  })
  const self: IssuingServer = Object.assign(server, {
    keys: [makeKey({ kid: "k1", alg: "ES256", use: "sig" })],
    issue(claims = {}, header = {}) {
      const all = claimsOf(claims)
      const token = (self.keys.at(-1) as TestKey).accessToken(all, header)
      known.set(token, all)
      return token
    },
    issueOpaque(claims = {}) {
      const token = `opaque-${randomUUID()}`
      known.set(token, claimsOf(claims))
      return token
    },
    revoke: (token: string) => void known.delete(token),
    publish(members: Record<string, unknown> = {}) {
      const document = { issuer, introspection_endpoint: server.endpoint, jwks_uri: `${issuer}/jwks`, ...members }
      server.documents.set(METADATA, json(document))
    },
    keysFetched: () => server.fetched.filter((path) => path === "/jwks").length,
  })
  server.behaviour = (exchange) => {
    const claims = known.get(exchange.form.get("token") ?? "")
    return json(claims ? { active: true, token_type: "Bearer", ...claims } : { active: false })(exchange)
  }
  server.documents.set("/jwks", (exchange) => json({ keys: self.keys.map(({ jwk }) => jwk) })(exchange))
  self.publish()
  onTestFinished(() => server.close())
  return self
}

export const credentials = { method: "client_secret_basic", clientId: "mcp", clientSecret: "s:e c%ret" } as const

/** A started verifier with a clock of its own; one try, and no pause between readings of metadata. */
export async function startVerifierFor(
  servers: TokenVerifierOptions["servers"],
  options: Partial<TokenVerifierOptions> = {},
): Promise<{ verifier: TokenVerifier; clock: ReturnType<typeof manualClock> }> {
  const clock = manualClock(START)
  const limits = { retries: 0, rediscoverSeconds: 0.01, ...options.limits }
  const verifier = createTokenVerifier({
    audience: RESOURCE,
    servers,
    now: clock.now,
    uptime: clock.now,
    ...options,
    limits,
  })
  onTestFinished(() => verifier.close())
  await verifier.start()
  return { verifier, clock }
}
