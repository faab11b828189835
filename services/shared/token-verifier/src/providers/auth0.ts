/** Auth0: JWTs of two profiles for whoever asks for an API's audience, opaque or encrypted tokens for everybody else. */
import { hostEndsWith, looksLikeIdToken, scopeOf, textOf } from "./claims.ts"
import type { ProviderPreset } from "./preset.ts"

const NO_AUDIENCE =
  "Auth0 gives opaque or encrypted tokens to clients that name no API: turn on the Resource Parameter Compatibility Profile or set a Default Audience, and leave token encryption off"

export const auth0: ProviderPreset = {
  name: "auth0",
  recognizes: hostEndsWith(".auth0.com"),
  strategies: ["jwt"],
  accessTokens: "jwt",
  // The "Auth0" profile says JWT, the "RFC 9068" profile at+jwt.
  jwtTypes: ["jwt", "at+jwt"],
  // With RBAC in the token, what the person may do stands in `permissions`, and `scope` holds what the client asked for.
  rename: (raw) => ({
    ...raw,
    client_id: raw["client_id"] ?? raw["azp"],
    scope: scopeOf(raw["scope"], raw["permissions"]),
  }),
  // ID tokens have the same `typ` and key, and name no client but as their audience.
  isAccessToken: (raw) => !looksLikeIdToken(raw) && textOf(raw["client_id"] ?? raw["azp"]) !== undefined,
  audience: "resource",
  hints: { malformed: NO_AUDIENCE, unknown: NO_AUDIENCE },
}
