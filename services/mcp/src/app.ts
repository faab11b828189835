/** The MCP service: every route, and what stands behind the one that serves MCP. */
import { randomBytes } from "node:crypto"
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises"
import { AUTHORIZATION_SERVER, PROTECTED_RESOURCE, pathPrefixOf, wellKnownPath, wellKnownUrl } from "@gatehouse/oauth"
import { createApp, describeError, limitRate, measureHttp, type RateLimitOptions } from "@gatehouse/service-kit"
import { createMcpHandler, InMemoryServerEventBus } from "@modelcontextprotocol/server"
import type { FastifyInstance } from "fastify"
import { ownerKeyOf } from "./caller.ts"
import type { McpDependencies } from "./dependencies.ts"
import { everySecond } from "./every-second.ts"
import { createMcpServerFactory } from "./mcp-server.ts"
import { createRefuse } from "./oauth-refusal.ts"
import { createOpenStreams } from "./open-streams.ts"
import { createRequestState } from "./request-state.ts"
import { requireAccessToken } from "./require-access-token.ts"
import { allowAnyOrigin, answerPreflight, requireAllowedOrigin } from "./require-allowed-origin.ts"
import { requireOwnHost } from "./require-own-host.ts"
import { tickClock } from "./resources/clock.ts"
import { mirroredMetadata } from "./routes/authorization-server-metadata.ts"
import { frontPage } from "./routes/front-page.ts"
import { mcpEndpoint } from "./routes/mcp.ts"
import { protectedResourceMetadata } from "./routes/protected-resource-metadata.ts"
import { createScopeNames } from "./scope-names.ts"
import { createSessions } from "./sessions/sessions.ts"

/** Less than the 20 s that the process takes to drain, so that what is left can still end politely. */
const CALLS_END_WITHIN_MS = 18_000

/** The service on its own. */
export function buildMcpApp(deps: McpDependencies): FastifyInstance {
  const { config, log } = deps
  const app = createApp({ log, trustedProxies: config.trustedProxies })
  const metadata = wellKnownUrl(PROTECTED_RESOURCE, config.resource)
  app.register(async (own) => {
    own.addHook("onRequest", requireOwnHost(config))
    own.get(pathPrefixOf(config.baseUri) || "/", frontPage({ resource: config.resource, metadata }))
    own.get(`/.well-known/${AUTHORIZATION_SERVER}`, { onRequest: allowAnyOrigin }, mirroredMetadata(deps))
  })
  registerMcpRoutes(app, deps)
  return app
}

/** Adds what every MCP resource has to an app that may have other routes: hooks and parsers are for these routes only. */
export function registerMcpRoutes(app: FastifyInstance, deps: McpDependencies): void {
  const { config, metrics } = deps
  app.register(async (own) => {
    if (metrics) measureHttp(own, metrics.registry, "mcp")
    own.addHook("onRequest", requireOwnHost(config))
    const metadata = protectedResourceMetadata(deps)
    const root = `/.well-known/${PROTECTED_RESOURCE}`
    for (const path of new Set([root, wellKnownPath(PROTECTED_RESOURCE, config.resource)]))
      own.get(path, { onRequest: allowAnyOrigin }, metadata)
    own.register(async (endpoint) => mountEndpoint(endpoint, deps))
  })
}

/** The endpoint reads its body itself: a parser of Fastify's would answer JSON-RPC errors in its own way. */
function mountEndpoint(endpoint: FastifyInstance, deps: McpDependencies): void {
  const { config, tokens } = deps
  const path = `${pathPrefixOf(config.baseUri)}/mcp`
  endpoint.removeAllContentTypeParsers()
  endpoint.addContentTypeParser("*", (_request, _payload, done) => done(null))
  endpoint.decorateRequest("mcpCaller", undefined)
  endpoint.addHook("onRequest", requireAllowedOrigin(config))
  const scopesFor = createScopeNames(deps.authorizationServers)
  const refuse = createRefuse(wellKnownUrl(PROTECTED_RESOURCE, config.resource), scopesFor)
  const limit = (options: Pick<RateLimitOptions, "name" | "keyOf">) =>
    limitRate({
      ...options,
      requestsPerMinute: config.rateLimit,
      keyPrefix: `${config.redisKeyPrefix}mcp:`,
      now: deps.now,
      ...(deps.redis && { redis: deps.redis }),
    })
  const limitRefusals = limit({ name: "refusals" })
  const limitCalls = limit({ name: "calls", keyOf: ({ mcpCaller }) => (mcpCaller ? ownerKeyOf(mcpCaller) : "") })
  const { operationEnded } = deps.metrics ?? {}
  const protocol = openProtocol(endpoint, deps)
  endpoint.options(path, answerPreflight)
  endpoint.route({
    method: ["GET", "POST", "DELETE"],
    url: path,
    exposeHeadRoute: false,
    onRequest: requireAccessToken({ tokens, refuse, limitRefusals }),
    handler: mcpEndpoint({ ...protocol, refuse, limitCalls, toolScopes: config.toolScopes, operationEnded }),
  })
}

/** Both eras of the protocol over one factory, and everything that ends by itself: by the clock, by revocation, with the app. */
function openProtocol(endpoint: FastifyInstance, { config, log, now, revocations, ...deps }: McpDependencies) {
  const onError = (error: Error) => log.debug(reasonOf(error), "an MCP exchange was refused or cut off")
  const bus = new InMemoryServerEventBus(onError)
  // A key of this process's own: another replica would need the same.
  const requestState = createRequestState(config.requestStateKey ?? randomBytes(32))
  const factory = createMcpServerFactory({ now, requestState, bus })
  const maxSubscriptions = Number.POSITIVE_INFINITY // a subject's are counted here; the SDK would count everybody's together
  const open = () => createMcpHandler(factory, { legacy: "reject", bus, onerror: onError, maxSubscriptions })
  const [modern, subscriptions] = [open(), open()]
  const sessions = createSessions({ factory, now, onError })
  const streams = createOpenStreams()
  deps.metrics?.watchOpen({ sessions: sessions.size, streams: streams.size })
  const tellTime = tickClock(bus, now)
  const stopTicking = (deps.everySecond ?? everySecond)(() => {
    streams.endExpired(now())
    sessions.endExpired(now())
    tellTime()
  })
  const unsubscribe = revocations?.subscribe(
    (event) => {
      streams.endRevoked(event)
      sessions.endRevoked(event)
    },
    streams.endStanding, // a gap: whoever is still allowed to comes back with a token that is judged anew
  )
  let ending = false
  /** What nobody waits for ends first: its client finds another server while calls are still answered. */
  const endStanding = () => {
    ending = true
    void subscriptions.close()
    setImmediate(streams.endIdle) // when the last message of each subscription has gone into its stream
  }
  deps.onDrain?.(endStanding)
  // Open streams would hold up the end of the server. Closing the handler or a session cuts off answers: that comes last.
  endpoint.addHook("preClose", async () => {
    endStanding()
    await Promise.race([streams.untilAnswered(), pause(CALLS_END_WITHIN_MS, undefined, { ref: false })])
    await turn()
    stopTicking()
    unsubscribe?.()
    await Promise.all([modern.close(), sessions.endAll()])
    streams.endStanding()
  })
  return { modern, subscriptions, sessions, streams, isEnding: () => ending }
}

/** The SDK's messages quote headers and bodies. What it names before that, `Rejected inbound request (…)`, is of its own list. */
const reasonOf = (error: Error) => {
  const { type, code, frames } = describeError(error)
  const [, rule = "none"] = /^Rejected inbound request \(([a-z-]+)\)/.exec(error.message) ?? []
  return { type, ...(code !== undefined && { code }), rule, ...(frames && { frames }) }
}
