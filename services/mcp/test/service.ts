/** The service as its tests start it: real sockets, the real verifier, and a map in the authorization server's place. */
import { unavailable } from "@gatehouse/oauth"
import { createLogger, type Logger } from "@gatehouse/service-kit"
import { findFreePort, manualClock } from "@gatehouse/test-kit"
import { createTokenVerifier, localRevocations } from "@gatehouse/token-verifier"
import { onTestFinished } from "vitest"
import { buildMcpApp, type McpConfig, type McpDependencies, type McpMetrics } from "../src/index.ts"

const ISSUER = "https://auth.test"
const AUTHORIZATION_SERVER = {
  issuer: ISSUER,
  metadata: { issuer: ISSUER },
  scopePrefix: "",
  advertisedScopes: undefined,
}
const silent: Logger = createLogger({ name: "test", level: "silent" })

export interface ServiceOptions {
  config?: Partial<McpConfig>
  log?: Logger
  authorizationServers?: McpDependencies["authorizationServers"]
  metrics?: McpMetrics
  /** Path of the resource. */
  path?: string
}

export interface Service {
  port: number
  origin: string
  /** The MCP endpoint. */
  url: string
  clock: { now: () => number; advance(seconds: number): void }
  revocations: ReturnType<typeof localRevocations>
  /** A token that says `claims` on top of those of alice, and is active. */
  token(claims?: Record<string, unknown>): string
  /** From now on the authorization server does not answer. */
  breakAuthorizationServer(): void
  /** The authorization server takes its time until the returned function is called. */
  holdAnswers(): () => void
  introspections: () => number
  close(): Promise<void>
}

export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const port = await findFreePort()
  const origin = `http://127.0.0.1:${port}`
  const resource = `${origin}${options.path ?? "/mcp"}`
  const wall = manualClock(1_800_000_000)
  const ticks = new Set<() => void>()
  const revocations = localRevocations()
  const known = new Map<string, object>()
  let [down, asked] = [false, 0]
  let held = Promise.resolve()
  const introspect = async (token: string) => {
    asked++
    await held
    if (down) throw unavailable("the store does not answer")
    return known.get(token) ?? { active: false }
  }
  const tokens = createTokenVerifier({
    audience: resource,
    servers: [{ issuer: ISSUER, introspect }],
    revocations,
    now: wall.now,
    ...(options.metrics && { observer: options.metrics.observer }),
  })
  const config: McpConfig = {
    baseUri: origin,
    resource,
    allowedOrigins: ["https://app.test"],
    allowedHosts: ["mcp.internal:8080"],
    trustedProxies: [],
    rateLimit: "off",
    redisKeyPrefix: "",
    toolScopes: new Map(),
    ...options.config,
  }
  const app = buildMcpApp({
    config,
    log: options.log ?? silent,
    now: wall.now,
    tokens,
    revocations,
    authorizationServers: options.authorizationServers ?? (() => [AUTHORIZATION_SERVER]),
    ...(options.metrics && { metrics: options.metrics }),
    everySecond: (tick) => {
      ticks.add(tick)
      return () => ticks.delete(tick)
    },
  })
  await app.listen({ host: "127.0.0.1", port })
  const close = async () => {
    await app.close()
    await tokens.close()
  }
  onTestFinished(close)
  return {
    port,
    origin,
    url: `${origin}/mcp`,
    clock: {
      now: wall.now,
      advance: (seconds) => {
        wall.advance(seconds)
        for (const tick of ticks) tick()
      },
    },
    revocations,
    token(claims = {}) {
      const token = `token-${known.size}-${crypto.randomUUID()}`
      known.set(token, {
        active: true,
        token_type: "Bearer",
        iss: ISSUER,
        sub: "demo|alice",
        aud: resource,
        client_id: "client-1",
        scope: "mcp",
        exp: wall.now() + 3600,
        jti: `jti-${known.size}`,
        grant_id: "grant-1",
        ...claims,
      })
      return token
    },
    breakAuthorizationServer: () => {
      down = true
    },
    holdAnswers: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    },
    introspections: () => asked,
    close,
  }
}
