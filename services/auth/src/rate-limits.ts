/** How often each endpoint may be asked, and by whom it is counted. */
import { limitRate, type RateLimitHook } from "@gatehouse/service-kit"
import type { preHandlerHookHandler } from "fastify"
import type { RateLimitSettings } from "./dependencies.ts"
import { authenticatedClientOf } from "./routes/require-client.ts"
import { authenticatedResourceServerOf } from "./routes/require-resource-server.ts"

/** Many people are behind one client, many requests of many people behind one resource server. */
const CLIENT_FACTOR = 10
const RESOURCE_SERVER_FACTOR = 500
/** Each registration is remembered for a month. */
const REGISTER_FACTOR = 0.1

export function createRateLimits({ requestsPerMinute, redis, keyPrefix = "" }: RateLimitSettings, now: () => number) {
  const times = (factor: number) =>
    requestsPerMinute === "off" ? requestsPerMinute : Math.max(1, Math.floor(requestsPerMinute * factor))
  const shared = { ...(redis && { redis }), keyPrefix: `${keyPrefix}auth:`, now }
  const ofPeer = (name: string, factor = 1) => limitRate({ ...shared, name, requestsPerMinute: times(factor) })
  return {
    register: ofPeer("register", REGISTER_FACTOR),
    authorize: ofPeer("authorize"),
    signIn: ofPeer("sign-in"),
    token: ofPeer("token"),
    revoke: ofPeer("revoke"),
    /** Of callers that are no resource server. */
    introspect: ofPeer("introspect"),
    client: onlyConfidential(
      limitRate({
        ...shared,
        name: "client",
        requestsPerMinute: times(CLIENT_FACTOR),
        keyOf: (request) => authenticatedClientOf(request).client.clientId,
      }),
    ),
    resourceServer: limitResourceServers(times(RESOURCE_SERVER_FACTOR), now),
  }
}

/** Anybody can name a public client: counting it would let anybody lock it out. Its peers are counted anyway. */
const onlyConfidential =
  (limit: RateLimitHook): RateLimitHook =>
  async (request, reply) =>
    authenticatedClientOf(request).client.authMethod === "none" ? undefined : limit(request, reply)

/**
 * By each replica for itself, with no more work than a comparison: it is asked for every token, and never met in honest use. The
 * operator named them all, so that they are few.
 */
function limitResourceServers(requestsPerMinute: number | "off", now: () => number): preHandlerHookHandler {
  const counts = new Map<string, number>()
  let minute = 0
  if (requestsPerMinute === "off") return (_request, _reply, done) => done()
  return (request, reply, done) => {
    const time = now()
    if (time >= minute + 60) {
      minute = Math.floor(time / 60) * 60
      counts.clear()
    }
    const { clientId } = authenticatedResourceServerOf(request).resourceServer
    const used = (counts.get(clientId) ?? 0) + 1
    counts.set(clientId, used)
    if (used <= requestsPerMinute) return done()
    const wait = Math.max(1, Math.ceil(minute + 60 - time))
    reply.code(429).header("retry-after", wait).send({ error: "too_many_requests" })
  }
}
