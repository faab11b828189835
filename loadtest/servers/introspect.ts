/** Measured: `POST /introspect` of the real authorization server, in memory or on the Redis of `REDIS_URL`. */
import { startAuthorizationServer } from "./authorization-server.ts"
import { serveForBenchmark } from "./report.ts"

const { app, introspection } = await startAuthorizationServer(process.env["REDIS_URL"])
await serveForBenchmark(app, introspection, { status: 200, contains: '"active":true' })
