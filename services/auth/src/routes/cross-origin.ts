/** Clients that run in a browser: which web origins may call what has no cookie and no page (Fetch standard, CORS). */
import { isLoopbackHost } from "@gatehouse/oauth"
import type { FastifyReply, FastifyRequest } from "fastify"

export interface CrossOriginPolicy {
  issuer: string
  allowedOrigins: readonly string[]
}

/** An onRequest hook: lets scripts of allowed origins read the answer. */
export const openToBrowsers =
  (policy: CrossOriginPolicy) =>
  async ({ headers: { origin } }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.header("vary", "Origin")
    if (origin === undefined || !isAllowed(origin, policy)) return
    reply.headers({
      "access-control-allow-origin": origin,
      "access-control-expose-headers": "WWW-Authenticate, Retry-After",
    })
  }

/** Answers OPTIONS behind that hook; to an origin that may not call, with nothing that would let it. */
export async function answerPreflight(_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (reply.hasHeader("access-control-allow-origin"))
    reply.headers({
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": "Authorization, Content-Type, MCP-Protocol-Version",
      "access-control-max-age": "600",
    })
  return reply.code(204).send()
}

/** In development, on loopback, a tool in a browser on the same machine has an origin of its own on another port. */
function isAllowed(origin: string, { issuer, allowedOrigins }: CrossOriginPolicy): boolean {
  if (!URL.canParse(origin)) return false
  const { origin: own, hostname } = new URL(issuer)
  if (origin === own || allowedOrigins.includes(origin)) return true
  return isLoopbackHost(hostname) && isLoopbackHost(new URL(origin).hostname)
}
