/** The headers that every answer carries. */
import type { FastifyReply, FastifyRequest } from "fastify"

const always = { "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" } as const
const nothing = "default-src 'none'; frame-ancestors 'none'"

/** An onRequest hook, so that a route can still say otherwise. */
export function addSecurityHeaders(_request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  reply.headers(always)
  done()
}

/** An onSend hook: what is no page of ours loads nothing, should a browser show it. */
export function forbidEverything(
  _request: FastifyRequest,
  reply: FastifyReply,
  _payload: unknown,
  done: () => void,
): void {
  if (isJson(reply.getHeader("content-type")) && !reply.hasHeader("content-security-policy"))
    reply.header("content-security-policy", nothing)
  done()
}

/** Nearly every answer has the one that Fastify gives. */
const isJson = (type: unknown): boolean =>
  type === "application/json; charset=utf-8" || /^application\/(.+\+)?json\b/.test(String(type ?? ""))

/** The same for answers that are given where no hook runs. */
export const jsonHeaders = {
  ...always,
  "content-security-policy": nothing,
  "content-type": "application/json; charset=utf-8",
}
