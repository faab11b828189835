/** Keycloak: JWTs, introspection by clients that the token is also for, and all kinds of tokens marked in the payload. */
import { asOpenId } from "./claims.ts"
import type { ProviderPreset } from "./preset.ts"

export const keycloak: ProviderPreset = {
  name: "keycloak",
  recognizes: ({ pathname }) => /^\/(?:auth\/)?realms\/[^/]+\/?$/.test(pathname),
  strategies: ["hybrid", "introspection", "jwt"],
  accessTokens: "jwt",
  // One setting of the client makes it at+jwt.
  jwtTypes: ["jwt", "at+jwt"],
  rename: asOpenId,
  // ID, Refresh, Offline, Logout and DPoP say so; the header says JWT for all of them.
  isAccessToken: (raw) => typeof raw["typ"] === "string" && raw["typ"].toLowerCase() === "bearer",
  audience: "resource",
  hints: {
    inactive:
      "Keycloak calls tokens inactive unless the client that asks is in their audience (since 26.4.12 and 26.6.2): add it by an Audience mapper",
    wrong_audience:
      "Keycloak names RESOURCE_URL in tokens only by an Audience mapper with it as Included Custom Audience",
  },
}
