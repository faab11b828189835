/** What every test of the verifier starts from: a clock, a resource, an active token, a verifier on a scripted server. */
import { manualClock } from "@gatehouse/test-kit"
import { type CacheBounds, createTokenVerifier, type Log, type RevocationFeed } from "@gatehouse/token-verifier"
import { onTestFinished } from "vitest"
import { json, type ScriptedServer, startAuthorizationServer } from "./authorization-server.ts"

export const RESOURCE = "https://mcp.test/mcp"
export const START = 1_800_000_000

export const activeToken = (issuer: string, changes: object = {}) => ({
  active: true,
  token_type: "Bearer",
  iss: issuer,
  sub: "demo|alice",
  aud: RESOURCE,
  client_id: "client-1",
  scope: "mcp:tools",
  iat: START,
  exp: START + 3600,
  jti: "jti-1",
  grant_id: "grant-1",
  ...changes,
})

export interface SettingOptions {
  audience?: string
  cache?: Partial<CacheBounds>
  perTryTimeoutMs?: number
  overallTimeoutMs?: number
  revocations?: RevocationFeed
  log?: Log
  server?: ScriptedServer
}

/** A verifier that knows its endpoint, on a server that calls every token active. Both end with the test. */
export async function startVerifier(options: SettingOptions = {}) {
  const { audience = RESOURCE, perTryTimeoutMs = 2000, overallTimeoutMs = 5000, cache = {}, ...rest } = options
  const server = options.server ?? (await startAuthorizationServer())
  const clock = manualClock(START)
  if (!options.server) server.behaviour = json(activeToken(server.issuer))
  const verifier = createTokenVerifier({
    audience,
    issuer: server.issuer,
    authority: {
      endpoint: server.endpoint,
      credentials: { clientId: "mcp", clientSecret: "s:e c%ret" },
      cache,
      perTryTimeoutMs,
      overallTimeoutMs,
    },
    ...(rest.revocations ? { revocations: rest.revocations } : {}),
    ...(rest.log ? { log: rest.log } : {}),
    now: clock.now,
    uptime: clock.now,
  })
  onTestFinished(async () => {
    await verifier.close()
    await server.close()
  })
  return { server, clock, verifier }
}

export const bearer = (token: string) => ["Host", "mcp.test", "Authorization", `Bearer ${token}`]
