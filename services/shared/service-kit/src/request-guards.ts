/** Requests that are refused whatever they ask: one resource has one spelling, and one host. */
import type { FastifyReply, FastifyRequest } from "fastify"

/** The path as it was sent. */
export const pathOf = (request: FastifyRequest): string => (request.raw.url ?? "").split("?", 1)[0] ?? ""

/** An onRequest hook. A guard decides on the route, a proxy before us on the text: they must not differ. */
export async function refuseOddTarget(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const { raw } = request
  // What a proxy says of the outer URL decides nothing here: every URL is built from configuration.
  delete raw.headers["x-forwarded-host"]
  delete raw.headers["x-forwarded-proto"]
  const target = raw.url ?? ""
  // Absolute-form (RFC 9112 §3.2.2) and a fragment have no place in a request to an origin server.
  if (!target.startsWith("/") || target.includes("#")) return refuse(reply, 400)
  if (countOf("host", raw.rawHeaders) > 1) return refuse(reply, 400) // RFC 9112 §3.2
  // The router decodes before it compares, so that /%6dcp would be /mcp.
  const template = request.routeOptions.url ?? ""
  if (pathOf(request).includes("%") && !/[:*]/.test(template)) return reply.code(404).send({ error: "not_found" })
  return undefined
}

/** A preParsing step: no body is inflated, so that a small one cannot become a large one (RFC 9110 §15.5.16). */
export function refuseEncodedBody(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const encoding = request.headers["content-encoding"]
  if (encoding === undefined || encoding.toLowerCase() === "identity") return undefined
  return refuse(reply.header("accept-encoding", "identity"), 415)
}

const refuse = (reply: FastifyReply, status: number) => reply.code(status).send({ error: "invalid_request" })

const countOf = (name: string, rawHeaders: readonly string[]): number =>
  rawHeaders.filter((header, i) => i % 2 === 0 && header.toLowerCase() === name).length
