/** What every test of the verifier starts from: a clock, a resource, an active token, a verifier on a scripted server. */
import { manualClock } from "@gatehouse/test-kit"
import {
  type CacheBounds,
  createTokenVerifier,
  type Limits,
  type Log,
  type RevocationFeed,
  type TokenVerifier,
} from "@gatehouse/token-verifier"
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
  /** One try unless told otherwise: what a layer does is tested where it stands. */
  limits?: Partial<Limits>
  revocations?: RevocationFeed
  log?: Log
  server?: ScriptedServer
}

/** A verifier that knows its endpoint, on a server that calls every token active. Both end with the test. */
export async function startVerifier(options: SettingOptions = {}) {
  const { audience = RESOURCE, limits = {}, cache = {}, ...rest } = options
  const server = options.server ?? (await startAuthorizationServer())
  const clock = manualClock(START)
  if (!options.server) server.behaviour = json(activeToken(server.issuer))
  const verifier = createTokenVerifier({
    audience,
    servers: [
      {
        issuer: server.issuer,
        strategy: "introspection",
        introspectionUrl: server.endpoint,
        credentials: { method: "client_secret_basic", clientId: "mcp", clientSecret: "s:e c%ret" },
      },
    ],
    cache,
    limits: { retries: 0, ...limits },
    ...(rest.revocations ? { revocations: rest.revocations } : {}),
    ...(rest.log ? { log: rest.log } : {}),
    now: clock.now,
    uptime: clock.now,
  })
  await verifier.start()
  onTestFinished(async () => {
    await verifier.close()
    await server.close()
  })
  return { server, clock, verifier }
}

export const bearer = (token: string) => ["Host", "mcp.test", "Authorization", `Bearer ${token}`]

/** What `/health` says of the only server. */
export const healthOf = (verifier: TokenVerifier) =>
  (verifier.health() as { servers: Record<string, unknown>[] }).servers[0] as Record<string, unknown>
