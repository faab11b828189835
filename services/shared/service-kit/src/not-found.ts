/** What is not there: 404, or 405 with `Allow` where the path is known by another method (RFC 9110 §15.5.6). Echoes nothing. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import { pathOf } from "./request-guards.ts"

/** Methods by route template. */
export type KnownRoutes = ReadonlyMap<string, ReadonlySet<string>>

/** Notes every route that is added from now on. A wildcard is somebody's fallback (CORS preflights), not a known path. */
export function rememberRoutes(app: FastifyInstance): KnownRoutes {
  const routes = new Map<string, Set<string>>()
  app.addHook("onRoute", ({ url, method }) => {
    if (url.includes("*")) return
    const methods = routes.get(url) ?? new Set()
    for (const each of [method].flat()) methods.add(each)
    routes.set(url, methods)
  })
  return routes
}

/** Answers 405 or 404. */
export function answerNotFound(routes: KnownRoutes, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = pathOf(request)
  const allowed = [...routes].flatMap(([template, methods]) => (matches(template, path) ? [...methods] : []))
  if (allowed.length === 0) return reply.code(404).send({ error: "not_found" })
  return reply
    .code(405)
    .header("allow", [...new Set(allowed)].sort().join(", "))
    .send({ error: "method_not_allowed" })
}

function matches(template: string, path: string): boolean {
  const [wanted, found] = [template.split("/"), path.split("/")]
  return wanted.length === found.length && wanted.every((part, i) => part === found[i] || part.startsWith(":"))
}
