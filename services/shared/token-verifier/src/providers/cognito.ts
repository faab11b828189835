/** Amazon Cognito user pools: JWTs that mostly name no audience, so that their client is what tells ours from others. */
import { hostEndsWith, scopeOf } from "./claims.ts"
import type { ProviderPreset } from "./preset.ts"

const poolHost = /^cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/
// Where people sign in. It has no metadata, and no token names it.
const isLoginDomain = hostEndsWith(".amazoncognito.com")

export const cognito: ProviderPreset = {
  name: "cognito",
  recognizes: (issuer) => poolHost.test(issuer.hostname) || isLoginDomain(issuer),
  problem: (issuer) =>
    isLoginDomain(issuer)
      ? `${issuer.href} is the login domain of a Cognito user pool, not its issuer: set AUTH_SERVER_URL to https://cognito-idp.{region}.amazonaws.com/{user pool id}`
      : undefined,
  strategies: ["jwt"],
  accessTokens: "jwt",
  // The header has only `kid` and `alg`.
  jwtTypes: ["", "jwt"],
  rename: (raw) => ({ ...raw, scope: scopeOf(raw["scope"]) }),
  // ID tokens come from the same pool, with a key of the same set.
  isAccessToken: (raw) => raw["token_use"] === "access",
  audience: "resource",
  // Only a client that sent `resource` to the managed login gets one.
  audienceMayBeAbsent: true,
  hints: {
    wrong_audience:
      "Cognito's tokens name no audience unless the client asked for a resource: list the app clients in ALLOWED_CLIENT_IDS",
  },
}
