/** The least that refuses a token: looks whether there is one, answers what our guard answers, writes the same log lines. */
import { fastify, LogController } from "fastify"
import { nowhere, serveForBenchmark } from "./report.ts"

const body = { error: "invalid_token", error_description: "the access token is not known" }
const challenge =
  'Bearer error="invalid_token", error_description="the access token is not known", scope="mcp", resource_metadata="http://localhost:3232/.well-known/oauth-protected-resource/mcp"'

const app = fastify({
  logger: { level: "info", stream: nowhere },
  logController: new LogController({ disableRequestLogging: true }),
})
app.addHook("onResponse", (request, reply, done) => {
  const { method, routeOptions } = request
  request.log.info({ method, route: routeOptions.url, status: reply.statusCode, ms: reply.elapsedTime }, "request")
  done()
})
app.post("/mcp", {
  onRequest: async (request, reply) => {
    if (!request.headers.authorization?.startsWith("Bearer ")) return reply.code(400).send()
    request.log.info({ reason: "unknown" }, "access token refused")
    return reply.code(401).header("www-authenticate", challenge).send(body)
  },
  handler: async () => "never reached",
})
await serveForBenchmark(app, {
  load: {
    method: "POST",
    path: "/mcp",
    headers: { "content-type": "application/json", authorization: "Bearer garbage-that-nobody-issued" },
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  },
  right: { status: 401, contains: "invalid_token" },
})
