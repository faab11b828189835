/**
 * Measured: `POST /introspect` of the real authorization server, in memory or on the Redis of `REDIS_URL`; with `TOKENS` live tokens,
 * of which it is asked about up to 10,000 in turn.
 */
import { createMemoryStores } from "@gatehouse/auth"
import type { FittingLoad } from "../load.ts"
import { startAuthorizationServer } from "./authorization-server.ts"
import { fillMemory, fillRedis } from "./live-tokens.ts"
import { serveForBenchmark } from "./report.ts"

const MOST_ASKED = 10_000

const tokens = Number(process.env["TOKENS"] ?? 1)
const redisUrl = process.env["REDIS_URL"]
const now = () => Date.now() / 1000
// As the service opens them, but for their bound: it would refuse more than 100,000.
const stores = redisUrl === undefined ? createMemoryStores({ now, maxEntries: 2 * tokens + MOST_ASKED }) : undefined
const { app, token, introspectionOf, issueToken, ...server } = await startAuthorizationServer({ redisUrl, stores })

const asked = Math.min(tokens, MOST_ASKED)
if (redisUrl === undefined) await fillMemory(server.stores, tokens - asked)
else await fillRedis(redisUrl, tokens - asked)
await serveForBenchmark(app, { load: await loads(), right: { status: 200, contains: '"active":true' } })

/** In no order: neighbours in memory are not asked about one after the other. */
async function loads(): Promise<FittingLoad[]> {
  const all = [introspectionOf(token)]
  while (all.length < asked) all.push(introspectionOf(await issueToken()))
  return all.sort(() => Math.random() - 0.5)
}
