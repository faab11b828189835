/** Every HTTP server of Gatehouse is made here: limits, timeouts, strict routing, security headers, and answers that echo nothing. */
import { randomUUID } from "node:crypto"
import { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify"
import type { Logger } from "pino"
import { answerClientError } from "./client-error.ts"
import { answerError } from "./error-answers.ts"
import { closeIdleConnections } from "./idle-connections.ts"
import { answerNotFound, rememberRoutes } from "./not-found.ts"
import { hasEncodedBody, refuseEncodedBody, refuseOddTarget } from "./request-guards.ts"
import { logOnceAnswered, logRequest, QuietLog } from "./request-log.ts"
import { addSecurityHeaders, forbidEverything } from "./security-headers.ts"
import { traceRequests } from "./tracing/http-spans.ts"

export interface AppOptions {
  log?: Logger
  /** CIDRs whose X-Forwarded-For is believed. Empty: the peer is the socket's address. */
  trustedProxies?: readonly string[]
  bodyLimitBytes?: number
  /** Whether each request has a span; true when absent. */
  traced?: boolean
  /** Called first for an error that a route throws: answers and returns the reply, or returns undefined to leave it to the default. */
  answerError?: (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined
}

/**
 * The clock of a connection. Handlers and streams may take longer; a client that sends slowly may not.
 * A keep-alive connection outlives the idle timeout of common load balancers (60 s), so that they never meet a closed one.
 */
const timeouts = {
  requestTimeout: 10_000,
  connectionTimeout: 0, // an idle stream is a legitimate one
  keepAliveTimeout: 65_000,
  http: { headersTimeout: 10_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 16 * 1024 },
}

/** Creates an app without routes. */
export function createApp({
  log,
  trustedProxies = [],
  bodyLimitBytes = 64 * 1024,
  traced = true,
  ...options
}: AppOptions = {}): FastifyInstance {
  const app = fastify({
    ...timeouts,
    ...(log && { loggerInstance: log as FastifyBaseLogger }),
    logController: new QuietLog(),
    genReqId: () => randomUUID(),
    bodyLimit: bodyLimitBytes,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    return503OnClosing: false, // a request that arrived is answered; see drain.ts
    clientErrorHandler: answerClientError,
    frameworkErrors: answerUnroutable,
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      maxParamLength: 1024,
    },
  })
  const routes = rememberRoutes(app)
  closeIdleConnections(app)
  if (traced) traceRequests(app)
  // Callbacks, not promises: they run for every request.
  if (log) app.addHook("onRequest", logRequest)
  app.addHook("onRequest", addSecurityHeaders)
  app.addHook("onRequest", refuseOddTarget)
  app.addHook("preParsing", (request, reply, _payload, done) => {
    if (request.is404) answerNotFound(routes, request, reply)
    else if (hasEncodedBody(request)) refuseEncodedBody(reply)
    else done()
  })
  app.addHook("onSend", forbidEverything)
  app.setNotFoundHandler((request, reply) => answerNotFound(routes, request, reply))
  app.setErrorHandler(
    (error, request, reply) => options.answerError?.(error, request, reply) ?? answerError(error, request, reply),
  )
  return app
}

/** A path that cannot be decoded reaches no hook. */
function answerUnroutable(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  logOnceAnswered(request, reply)
  answerError(error, request, reply)
}
