/** Measured: `tools/call` at `/mcp` with the token in the cache; `GUARD=off`: without the guard; `TOKEN=garbage`: with a token that nobody issued. */
import { buildMcpApp, mcpConfigFrom, readMcpSettings } from "@gatehouse/mcp"
import { createLogger } from "@gatehouse/service-kit"
import { createTokenVerifier } from "@gatehouse/token-verifier"
import type { FastifyInstance } from "fastify"
import { type Caller, callerOf } from "../../services/mcp/src/caller.ts"
import { startAuthorizationServer } from "./authorization-server.ts"
import { type FittingLoad, nowhere, serveForBenchmark } from "./report.ts"

const { app: authorizationServer, issuer, resource, token, credentials } = await startAuthorizationServer()
const log = createLogger({ name: "benchmark", level: "info", destination: nowhere })
const internalUrl = await authorizationServer.listen({ host: "127.0.0.1", port: 0 })
const tokens = createTokenVerifier({
  audience: resource,
  servers: [{ issuer, internalUrl, credentials: { method: "client_secret_basic", ...credentials } }],
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
})
if (process.env["GUARD"] === "off") replaceGuard(app, callerOf(validation.claims))
const garbage = process.env["TOKEN"] === "garbage"
const right = garbage ? { status: 401, contains: "invalid_token" } : { status: 200, contains: "Echo: hello" }
await serveForBenchmark(app, callOfEcho(config.baseUri, garbage ? "garbage-that-nobody-issued" : token), right)

/** Whoever calls `/mcp` is `caller`. Routes are not mounted yet: a plugin is loaded when the server listens. */
function replaceGuard(unmounted: FastifyInstance, caller: Caller): void {
  let replaced = 0
  unmounted.addHook("onRoute", (route) => {
    if (!route.url.endsWith("/mcp") || route.onRequest === undefined) return
    replaced++
    route.onRequest = (request, _reply, done) => {
      request.mcpCaller = caller
      done()
    }
  })
  unmounted.addHook("onReady", async () => {
    if (replaced === 0) throw new Error("the guard was not found")
  })
}

/** As a client of 2026-07-28 sends it: without a session. */
function callOfEcho(baseUri: string, bearer: string): FittingLoad {
  const envelope = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "benchmark", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  }
  const params = { _meta: envelope, name: "echo", arguments: { message: "hello" } }
  return {
    method: "POST",
    path: "/mcp",
    headers: {
      host: new URL(baseUri).host,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "echo",
      authorization: `Bearer ${bearer}`,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
  }
}
