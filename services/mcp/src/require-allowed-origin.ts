/** The Origin check with its CORS answers: which web pages may call the MCP endpoint. */
import { isLoopbackHost } from "@gatehouse/oauth"
import type { FastifyReply, FastifyRequest } from "fastify"

const allowedMethods = "GET, POST, DELETE"
const allowedHeaders =
  "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID"
const exposedHeaders = "WWW-Authenticate, Mcp-Session-Id, Retry-After"
const PREFLIGHT_SECONDS = 600

export interface OriginOptions {
  baseUri: string
  /** Origins as browsers send them, beyond that of the base URI. */
  allowedOrigins: readonly string[]
}

/** Creates an onRequest hook: 403 for a foreign Origin, `null` included; requests without one are no browser's and pass. */
export function requireAllowedOrigin({ baseUri, allowedOrigins }: OriginOptions) {
  const base = new URL(baseUri)
  const allowed = new Set([base.origin, ...allowedOrigins].map((origin) => origin.toLowerCase()))
  const isLocalTool = (origin: string) => isLoopbackHost(base.hostname) && isLoopbackOrigin(origin) // the Inspector, say
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { origin } = request.headers
    reply.header("vary", "Origin")
    if (origin === undefined) done()
    else if (allowed.has(origin.toLowerCase()) || isLocalTool(origin)) {
      reply.headers({ "access-control-allow-origin": origin, "access-control-expose-headers": exposedHeaders })
      done()
    } else reply.code(403).send({ error: "forbidden_origin" })
  }
}

const isLoopbackOrigin = (origin: string): boolean =>
  /^https?:\/\/[^/?#]+$/i.test(origin) && URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname)

/** `OPTIONS /mcp`: a browser asks before it sends a token, so that it sends none (Fetch §4.8). */
export async function answerPreflight(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  // A tool's own header parameters (Mcp-Param-…) have names that nobody can list.
  const asked = String(request.headers["access-control-request-headers"] ?? "").split(",")
  const parameters = asked.map((name) => name.trim()).filter((name) => /^mcp-param-[\w-]+$/i.test(name))
  return reply
    .code(204)
    .headers({
      "access-control-allow-methods": allowedMethods,
      "access-control-allow-headers": [allowedHeaders, ...parameters].join(", "),
      "access-control-max-age": String(PREFLIGHT_SECONDS),
    })
    .send()
}

/** An onRequest hook for what is public: any page may read it. */
export async function allowAnyOrigin(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header("access-control-allow-origin", "*")
}
