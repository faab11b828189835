/** The authorization server: every endpoint, in the order of a client's life. */
import { AUTHORIZATION_SERVER, pathPrefixOf, wellKnownPath } from "@gatehouse/oauth"
import { answerError, createApp, type Logger, measureHttp } from "@gatehouse/service-kit"
import type { FastifyInstance } from "fastify"
import type { AuthDependencies } from "./dependencies.ts"
import { measuredIntrospection } from "./metrics/introspection-metrics.ts"
import { countAnswers } from "./metrics/route-metrics.ts"
import { createRateLimits } from "./rate-limits.ts"
import { authorize } from "./routes/authorize.ts"
import { consent } from "./routes/consent.ts"
import { answerPreflight, openToBrowsers } from "./routes/cross-origin.ts"
import { answerOAuthError } from "./routes/errors.ts"
import { frontPage } from "./routes/front-page.ts"
import { introspect } from "./routes/introspect.ts"
import { jwks } from "./routes/jwks.ts"
import { metadata } from "./routes/metadata.ts"
import { register } from "./routes/register.ts"
import { requireClient } from "./routes/require-client.ts"
import { requireResourceServer } from "./routes/require-resource-server.ts"
import { revoke } from "./routes/revoke.ts"
import { signIn, signInPage } from "./routes/sign-in.ts"
import { token } from "./routes/token.ts"

/** A server of its own. */
export function buildAuthApp(
  deps: AuthDependencies,
  { log, trustedProxies = [] }: { log?: Logger; trustedProxies?: readonly string[] } = {},
): FastifyInstance {
  const app = createApp({ trustedProxies, ...(log && { log }) })
  app.register(authRoutes(deps))
  return app
}

/** Its routes, for whoever has a server already: a Fastify plugin. */
export const authRoutes = (deps: AuthDependencies) => async (app: FastifyInstance) => {
  const { issuer } = deps.config
  const prefix = pathPrefixOf(issuer)
  const at = (path: `/${string}`) => prefix + path
  const limits = createRateLimits(deps.rateLimit, deps.now)
  const client = [requireClient(deps), limits.client]
  const counted = countAnswers(deps.metrics)
  const open = openToBrowsers(deps.config)
  const metadataPath = wellKnownPath(AUTHORIZATION_SERVER, issuer)

  measureHttp(app, deps.metrics.registry, "auth")
  app.setErrorHandler(
    (error, request, reply) => answerOAuthError(error, request, reply) ?? answerError(error, request, reply),
  )
  app.decorateRequest("oauthClient", null)
  app.decorateRequest("resourceServer", null)
  app.decorateReply("oauthError", null)
  // As text: repeated fields must be seen (RFC 6749 §3.2), and each route says what it takes.
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    async (_request: unknown, body: unknown) => body,
  )

  app.get(metadataPath, { onRequest: open }, metadata(deps))
  app.get(at("/jwks"), { onRequest: open }, jwks(deps))
  app.post(at("/register"), { onRequest: [open, limits.register], onSend: counted.register }, register(deps))
  app.get(at("/authorize"), { onRequest: limits.authorize, onSend: counted.authorize }, authorize(deps))
  app.post(at("/consent"), consent(deps))
  app.get(at("/sign-in"), signInPage(deps))
  app.post(at("/sign-in"), { onRequest: limits.signIn }, signIn(deps))
  app.post(
    at("/token"),
    { onRequest: [open, limits.token], preHandler: client, onSend: [counted.authentication, counted.token] },
    token(deps),
  )
  app.post(
    at("/introspect"),
    {
      preHandler: [requireResourceServer(deps, limits.introspect), limits.resourceServer],
      onSend: counted.authentication,
    },
    introspect(measuredIntrospection(deps.stores.grants, deps.metrics)),
  )
  app.post(
    at("/revoke"),
    { onRequest: [open, limits.revoke], preHandler: client, onSend: counted.authentication },
    revoke(deps),
  )
  for (const path of [metadataPath, at("/jwks"), at("/register"), at("/token"), at("/revoke")])
    app.options(path, { onRequest: open }, answerPreflight)
  app.get(prefix === "" ? "/" : prefix, frontPage(deps))
}
