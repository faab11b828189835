/** Google: opaque access tokens that only `tokeninfo` can tell about, for one of the operator's own OAuth clients. */
import type { HttpAnswer } from "../http/http-client.ts"
import { unavailableFor } from "../strategies/http-introspection.ts"
import { Unavailable } from "../unavailable.ts"
import { hostIs, textOf } from "./claims.ts"
import type { ProviderPreset } from "./preset.ts"
import type { ProviderApi } from "./provider-api.ts"
import type { RawClaims } from "./raw-claims.ts"

const ISSUER = "https://accounts.google.com"

/** Asked for by one name, granted by another. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  "https://www.googleapis.com/auth/userinfo.email": ["email"],
  "https://www.googleapis.com/auth/userinfo.profile": ["profile"],
}

// A JWT (an ID token, or a service account's own), an authorization code, a refresh token.
const isNoAccessToken = (token: string): boolean => token.split(".").length === 3 || /^(?:4|1\/)\//.test(token)

const api: ProviderApi = {
  endpoint: () => "https://oauth2.googleapis.com/tokeninfo",
  needs: ({ allowedClientIds }) =>
    allowedClientIds.length > 0
      ? undefined
      : "ALLOWED_CLIENT_IDS, since Google's tokens are for a client and every other app's would be accepted",
  probeToken: "ya29.gatehouse-probe",
  request: (token, { endpoint }) =>
    isNoAccessToken(token)
      ? undefined
      : {
          method: "POST",
          url: endpoint,
          headers: { "content-type": "application/x-www-form-urlencoded" },
          // In the body: addresses end up in logs.
          body: new URLSearchParams({ access_token: token }).toString(),
        },
  read,
}

/** @throws Unavailable */
function read(answer: HttpAnswer): RawClaims {
  const { status, json } = answer
  if (status === 400) return { active: false }
  if (status !== 200 || typeof json !== "object" || json === null) throw unavailableFor(answer)
  const { azp, aud, sub, scope, exp } = json as RawClaims
  // Without a client nobody could tell whose token it is (an older version of the endpoint names it otherwise).
  if (textOf(aud) === undefined || numberOf(exp) === undefined)
    throw new Unavailable("bad_response", { cause: new TypeError("tokeninfo says no aud or no exp") })
  return { active: true, aud, client_id: textOf(azp) ?? aud, sub, scope: withAliases(scope), exp: numberOf(exp) }
}

/** Every value is a string. */
const numberOf = (value: unknown): number | undefined =>
  typeof value === "string" && /^\d+$/.test(value) ? Number(value) : undefined

const withAliases = (scope: unknown): unknown =>
  typeof scope === "string"
    ? [...new Set(scope.split(" ").flatMap((each) => [each, ...(aliases[each] ?? [])]))].join(" ")
    : scope

export const google: ProviderPreset = {
  name: "google",
  recognizes: hostIs("accounts.google.com"),
  issuerOf: () => ISSUER, // its document has no slash, and clients compare the two as strings
  strategies: ["provider-api"],
  accessTokens: "opaque",
  jwtTypes: [],
  audience: "client",
  // Google has no scopes for others' APIs: whoever our client let in may use what we offer.
  grantedScopes: ["mcp"],
  // Without an identity scope a token is of nobody in particular.
  advertisedScopes: ["openid", "email"],
  api,
  hints: { malformed: "a Google token names nobody unless its client asked for an identity scope: openid or email" },
}
