/** The Host check: a page that rebinds its own name to our address is not served (DNS rebinding). */
import { isLoopbackHost } from "@gatehouse/oauth"
import type { FastifyReply, FastifyRequest } from "fastify"

const hostForm = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/

export interface HostOptions {
  baseUri: string
  /** `host` or `host:port`, beyond that of the base URI. */
  allowedHosts: readonly string[]
}

/** Creates an onRequest hook: 400 for what is no host, 421 for another's (RFC 9110 §15.5.20). */
export function requireOwnHost({ baseUri, allowedHosts }: HostOptions) {
  const base = new URL(baseUri)
  const defaultPort = base.protocol === "https:" ? ":443" : ":80"
  const allowed = new Set([base.host, ...allowedHosts].map((host) => host.toLowerCase()))
  // On one machine localhost and 127.0.0.1 are the same place; no page can take those names.
  const isThisMachine = (host: string) => {
    const { hostname, port } = new URL(`http://${host}`)
    return isLoopbackHost(base.hostname) && isLoopbackHost(hostname) && port === base.port
  }
  const isOwn = (host: string) => allowed.has(host.replace(defaultPort, "")) || isThisMachine(host)
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const host = (request.headers.host ?? "").toLowerCase()
    if (allowed.has(host))
      done() // nearly every request: what is known needs no look at its form
    else if (!hostForm.test(host) || !URL.canParse(`http://${host}`)) reply.code(400).send({ error: "invalid_request" })
    else if (isOwn(host)) done()
    else reply.code(421).send({ error: "misdirected_request" })
  }
}
