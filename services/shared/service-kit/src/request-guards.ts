/** Requests that are refused whatever they ask: one resource has one spelling, and one host. */
import type { FastifyReply, FastifyRequest } from "fastify"

/** The path as it was sent. */
export const pathOf = (request: FastifyRequest): string => (request.raw.url ?? "").split("?", 1)[0] ?? ""

/** An onRequest hook. A guard decides on the route, a proxy before us on the text: they must not differ. */
export function refuseOddTarget(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { raw } = request
  // What a proxy says of the outer URL decides nothing here: every URL is built from configuration.
  delete raw.headers["x-forwarded-host"]
  delete raw.headers["x-forwarded-proto"]
  const target = raw.url ?? ""
  // Absolute-form (RFC 9112 §3.2.2) and a fragment have no place in a request to an origin server.
  if (!target.startsWith("/") || target.includes("#")) return void refuse(reply, 400)
  if (countOf("host", raw.rawHeaders) > 1) return void refuse(reply, 400) // RFC 9112 §3.2
  // The router decodes before it compares, so that /%6dcp would be /mcp.
  const template = request.routeOptions.url ?? ""
  if (pathOf(request).includes("%") && !/[:*]/.test(template)) return void reply.code(404).send({ error: "not_found" })
  done()
}

/** For preParsing: no body is inflated, so that a small one cannot become a large one (RFC 9110 §15.5.16). */
export function hasEncodedBody(request: FastifyRequest): boolean {
  const encoding = request.headers["content-encoding"]
  return encoding !== undefined && encoding.toLowerCase() !== "identity"
}

export const refuseEncodedBody = (reply: FastifyReply): FastifyReply =>
  refuse(reply.header("accept-encoding", "identity"), 415)

const refuse = (reply: FastifyReply, status: number) => reply.code(status).send({ error: "invalid_request" })

/** A loop over names and values in turn: it runs for every request. */
function countOf(name: string, rawHeaders: readonly string[]): number {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.length === name.length && rawHeaders[i]?.toLowerCase() === name) count++
  return count
}
