/**
 * Measured: `tools/call` at `/mcp` with the token in the cache; `GUARD=off`: without the guard, every caller is who `x-subject` says;
 * `TOKEN=garbage`: with a token that nobody issued; `METRICS=on`: counted as in production, `METRICS=off`: by instruments that do nothing.
 */
import { buildMcpApp, createMcpMetrics, mcpConfigFrom, readMcpSettings } from "@gatehouse/mcp"
import { createLogger, createMetrics } from "@gatehouse/service-kit"
import { type AuthorizationServerOptions, createTokenVerifier } from "@gatehouse/token-verifier"
import type { FastifyInstance } from "fastify"
import { type Caller, callerOf } from "../../../services/mcp/src/caller.ts"
import { startAuthorizationServer } from "./authorization-server.ts"
import { deafMetrics } from "./deaf-metrics.ts"
import { callOfEcho } from "./echo-call.ts"
import { nowhere, serveForBenchmark } from "./report.ts"

const { app: authorizationServer, issuer, resource, token, credentials } = await startAuthorizationServer()
const log = createLogger({ name: "benchmark", level: "info", destination: nowhere })
const internalUrl = await authorizationServer.listen({ host: "127.0.0.1", port: 0 })
const server: AuthorizationServerOptions = {
  issuer,
  internalUrl,
  credentials: { method: "client_secret_basic", ...credentials },
}
const registries = { on: () => createMetrics({ name: "mcp", version: "0.0.0" }), off: () => deafMetrics }
const registry = registries[process.env["METRICS"] as "on" | "off"]?.()
const metrics = registry && createMcpMetrics(registry, [server])
const tokens = createTokenVerifier({
  audience: resource,
  servers: [server],
  ...(metrics && { observer: metrics.observer }),
  cache: { positiveSeconds: 3600 }, // it is there from the first request to the last
  log,
})
await tokens.start()
const validation = await tokens.verifyToken(token)
if (validation.outcome !== "valid") throw new Error(`the token is ${validation.outcome}: ${validation.reason}`)
await authorizationServer.close() // from here on only the cache can answer: anything else would be a 503, and the benchmark stops

const settings = readMcpSettings({ RATE_LIMIT: "off", AUTH_MODE: "external", AUTH_SERVER_URL: issuer })
const config = mcpConfigFrom(settings)
const app = buildMcpApp({
  config,
  log,
  now: () => Date.now() / 1000,
  tokens,
  authorizationServers: tokens.servers,
  ...(metrics && { metrics }),
})
metrics?.watchServers(tokens)
if (process.env["GUARD"] === "off") replaceGuard(app, callerOf(validation.claims))
const garbage = process.env["TOKEN"] === "garbage"
const right = garbage ? { status: 401, contains: "invalid_token" } : { status: 200, contains: "Echo: hello" }
await serveForBenchmark(app, {
  load: callOfEcho(config.baseUri, garbage ? "garbage-that-nobody-issued" : token),
  right,
})

/** Whoever calls `/mcp` is `caller`, or another subject where one is named. Routes are not mounted yet: a plugin is loaded when the server listens. */
function replaceGuard(unmounted: FastifyInstance, caller: Caller): void {
  let replaced = 0
  unmounted.addHook("onRoute", (route) => {
    if (!route.url.endsWith("/mcp") || route.onRequest === undefined) return
    replaced++
    route.onRequest = (request, _reply, done) => {
      const subject = request.headers["x-subject"]
      request.mcpCaller = typeof subject === "string" ? { ...caller, subject } : caller
      done()
    }
  })
  unmounted.addHook("onReady", async () => {
    if (replaced === 0) throw new Error("the guard was not found")
  })
}
