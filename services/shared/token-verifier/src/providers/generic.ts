/** Authorization servers that nobody had to make an exception for: by the RFCs, by OpenID Connect, and our own. */
import { asOpenId, looksLikeIdToken, scopeOf } from "./claims.ts"
import type { ProviderPreset } from "./preset.ts"

/** What no other preset recognises. Introspection comes first, since nothing says yet what its access tokens look like. */
export const generic: ProviderPreset = {
  name: "generic",
  recognizes: () => false,
  strategies: ["introspection", "hybrid", "jwt"],
  accessTokens: "either",
  jwtTypes: ["at+jwt"],
  // RFC 7662 §2.2 and RFC 9068 §2.2.3 want a string; several servers send an array.
  rename: (raw) => ({ ...raw, scope: scopeOf(raw["scope"]) }),
  audience: "resource",
  hints: {
    wrong_token_kind:
      "its tokens are not marked as access tokens (typ at+jwt, RFC 9068): AUTH_PROVIDER=oidc accepts untyped ones, unless they look like ID tokens",
  },
}

/** An OpenID provider from before RFC 9068: nothing in the header tells its access tokens from its ID tokens. */
export const oidc: ProviderPreset = {
  name: "oidc",
  recognizes: () => false,
  strategies: ["hybrid", "introspection", "jwt"],
  accessTokens: "either",
  jwtTypes: ["at+jwt", "jwt", ""],
  rename: (raw) => ({ ...asOpenId(raw), scope: scopeOf(raw["scope"] ?? raw["scp"]) }),
  isAccessToken: (raw) => !looksLikeIdToken(raw),
  audience: "resource",
}

/** Our own authorization server: every access token is a JWT of RFC 9068, and whoever it knows may introspect. */
export const gatehouse: ProviderPreset = {
  name: "gatehouse",
  recognizes: () => false,
  strategies: ["hybrid", "introspection", "jwt"],
  accessTokens: "jwt",
  jwtTypes: ["at+jwt"],
  audience: "resource",
}

/** The member of its metadata by which our own authorization server is known. */
export const GATEHOUSE_ACCESS_TOKEN_TYPE = "gatehouse_access_token_type"
