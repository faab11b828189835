/** Ory Hydra: opaque tokens, asked about on its admin port, which nothing publishes and only the network guards. */
import { scopeOf } from "./claims.ts"
import type { ProviderPreset } from "./preset.ts"

export const hydra: ProviderPreset = {
  name: "hydra",
  recognizes: () => false, // its hosts are the operator's own
  // Not `jwt`: its keys are published, but sign ID tokens.
  strategies: ["introspection"],
  accessTokens: "opaque",
  jwtTypes: [],
  rename: (raw) => ({ ...raw, scope: scopeOf(raw["scope"]) }),
  // Refresh tokens are active too.
  isAccessToken: (raw) => raw["token_use"] === "access_token",
  audience: "resource",
  // Clients that do not send Hydra's own `audience` get tokens for nobody, and MCP clients send `resource`.
  audienceMayBeAbsent: true,
  hints: {
    wrong_audience:
      "Hydra's tokens are for nobody (aud: []) unless the client asks with its parameter audience: list the clients in ALLOWED_CLIENT_IDS",
  },
}
