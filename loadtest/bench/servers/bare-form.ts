/** The least that answers an introspection request: reads the same form, sends a text of the same size, writes the same log line. */
import { parse } from "node:querystring"
import { fastify, LogController } from "fastify"
import { Redis } from "ioredis"
import { startAuthorizationServer } from "./authorization-server.ts"
import { nowhere, serveForBenchmark } from "./report.ts"

const { app: real, introspection, answer } = await startAuthorizationServer()
await real.close()

const app = fastify({
  logger: { level: "info", stream: nowhere },
  logController: new LogController({ disableRequestLogging: true }), // two lines, where we write one
})
app.addHook("onResponse", (request, reply, done) => {
  const { method, routeOptions } = request
  request.log.info({ method, route: routeOptions.url, status: reply.statusCode, ms: reply.elapsedTime }, "request")
  done()
})
app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
  done(null, parse(String(body))),
)
const answerTo = await openAnswers(process.env["REDIS_URL"])
app.post<{ Body: { token?: string } }>("/introspect", async ({ body }, reply) => {
  if (body.token === undefined) return reply.code(400).send()
  return reply.type("application/json; charset=utf-8").send(await answerTo())
})
await serveForBenchmark(app, { load: introspection, right: { status: 200, contains: '"active":true' } })

/** In memory, or by one GET. */
async function openAnswers(redisUrl: string | undefined): Promise<() => Promise<string | null>> {
  if (redisUrl === undefined) return async () => answer
  const redis = new Redis(redisUrl)
  await redis.set("bare:answer", answer)
  return () => redis.get("bare:answer")
}
