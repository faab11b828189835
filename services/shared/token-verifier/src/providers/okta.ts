/** Okta: custom authorization servers, whose JWTs can be checked, and the organization's own, whose tokens only Okta can read. */
import { hostEndsWith, scopeOf, textOf } from "./claims.ts"
import type { ProviderPreset } from "./preset.ts"
import type { RawClaims } from "./raw-claims.ts"

const isOkta = hostEndsWith(".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com")
const isCustom = ({ pathname }: URL): boolean => pathname.startsWith("/oauth2/")

/** The JWT names its client `cid` and its scopes `scp`; introspection answers as RFC 7662 says. */
const rename = (raw: RawClaims): RawClaims => ({
  ...raw,
  client_id: raw["client_id"] ?? raw["cid"],
  scope: scopeOf(raw["scope"] ?? raw["scp"]),
})

/** Refresh tokens introspect as active Bearer tokens, but for nobody (no `aud`); ID tokens number themselves `ID.…`. */
const isAccessToken = (raw: RawClaims): boolean =>
  textOf(raw["client_id"] ?? raw["cid"]) !== undefined &&
  raw["aud"] !== undefined &&
  !String(raw["jti"] ?? "").startsWith("ID.")

export const okta: ProviderPreset = {
  name: "okta",
  recognizes: (issuer) => isOkta(issuer) && isCustom(issuer),
  strategies: ["hybrid", "jwt", "introspection"],
  accessTokens: "jwt",
  // By the documentation the header has no `typ`; organizations have been seen whose tokens have Okta's own.
  jwtTypes: ["", "jwt", "at+jwt", "okta-internal-at+jwt"],
  rename,
  isAccessToken,
  audience: "resource",
  hints: {
    wrong_audience:
      "an Okta authorization server has one audience for all its tokens: it must be RESOURCE_URL, or stand in ALLOWED_AUDIENCES",
  },
}

/** Its tokens are JWTs by accident: Okta does not publish the keys that sign them, so they are opaque to everybody else. */
export const oktaOrg: ProviderPreset = {
  name: "okta-org",
  recognizes: (issuer) => isOkta(issuer) && !isCustom(issuer),
  strategies: ["introspection"],
  accessTokens: "opaque",
  jwtTypes: [],
  rename,
  isAccessToken,
  audience: "resource",
  warning:
    "tokens of Okta's organization authorization server are meant for Okta's own API: use a custom one (https://{domain}/oauth2/{id})",
}
