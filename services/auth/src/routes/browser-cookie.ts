/** The one cookie: the browser's secret, for as long as the browser is open. */
import type { FastifyReply, FastifyRequest } from "fastify"
import { isBrowserSecret } from "../domain/browser-binding.ts"
import { newSecret } from "../domain/hash.ts"

interface Cookie {
  name: string
  attributes: string
}

// `__Host-` keeps other hosts of the domain from setting it. Over http, in development, Safari drops what is Secure.
const cookieOf = (issuer: string): Cookie =>
  issuer.startsWith("https:")
    ? { name: "__Host-gatehouse", attributes: "Path=/; Secure; HttpOnly; SameSite=Lax" }
    : { name: "gatehouse", attributes: "Path=/; HttpOnly; SameSite=Lax" }

/** The browser's secret; undefined when it sent none. */
export function browserSecretOf(request: FastifyRequest, issuer: string): string | undefined {
  const prefix = `${cookieOf(issuer).name}=`
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const value = pair.trim()
    if (value.startsWith(prefix) && isBrowserSecret(value.slice(prefix.length))) return value.slice(prefix.length)
  }
  return undefined
}

/** One secret a browser, not a transaction, so that started and abandoned authorizations pile up no cookies. */
export function ensureBrowserSecret(request: FastifyRequest, reply: FastifyReply, issuer: string): string {
  const known = browserSecretOf(request, issuer)
  if (known !== undefined) return known
  const secret = newSecret()
  const { name, attributes } = cookieOf(issuer)
  reply.header("set-cookie", `${name}=${secret}; ${attributes}`)
  return secret
}
