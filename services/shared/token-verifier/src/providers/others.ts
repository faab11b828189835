/** Providers whose metadata says nearly everything: here is only in what they differ from any other OpenID provider. */
import { asOpenId, hostEndsWith, textOf } from "./claims.ts"
import { oidc } from "./generic.ts"
import type { ProviderPreset } from "./preset.ts"

const likeOidc = (differs: Pick<ProviderPreset, "name" | "recognizes"> & Partial<ProviderPreset>): ProviderPreset => ({
  ...oidc,
  ...differs,
})

/** Nothing but the key set tells about its tokens. */
const jwtOnly = { strategies: ["jwt"], accessTokens: "jwt" } as const satisfies Partial<ProviderPreset>

const withoutSlash = (url: string): string => url.replace(/\/$/, "")

export const otherProviders: readonly ProviderPreset[] = [
  likeOidc({
    name: "zitadel",
    recognizes: hostEndsWith(".zitadel.cloud"),
    strategies: ["introspection", "jwt"], // opaque unless an application chose JWTs
    hints: {
      inactive:
        "Zitadel calls tokens inactive unless the application that asks is in their audience: clients ask for the scope urn:zitadel:iam:org:project:id:{project id}:aud",
    },
  }),
  likeOidc({
    name: "authentik",
    recognizes: ({ pathname }) => /^\/application\/o\/[^/]+\/?$/.test(pathname),
    // Not by introspection alone: of refresh tokens it says what it says of access tokens.
    strategies: ["hybrid", "jwt"],
    accessTokens: "jwt",
    // Access tokens carry the nonce of the login, as its ID tokens do; only they say whom they were issued to.
    isAccessToken: (raw) => raw["active"] === true || textOf(raw["azp"]) !== undefined,
    audience: "client",
    hints: {
      bad_signature: "Authentik signs with the client's secret (HS256) until a Signing Key is chosen for the provider",
    },
  }),
  likeOidc({
    name: "pingone",
    recognizes: ({ hostname }) => /^auth\.pingone\.(?:com|eu|ca|asia|sg|com\.au)$/.test(hostname),
    accessTokens: "jwt",
  }),
  likeOidc({
    name: "curity",
    recognizes: () => false, // its hosts are the operator's own
    strategies: ["introspection", "jwt"], // opaque by default
    // Refresh tokens are active too, for another purpose.
    isAccessToken: (raw) =>
      oidc.isAccessToken?.(raw) !== false && (raw["purpose"] ?? "access_token") === "access_token",
  }),
  likeOidc({
    name: "stytch",
    recognizes: hostEndsWith(".customers.stytch.com", ".customers.stytch.dev"),
    accessTokens: "jwt",
    introspectionEndpoint: (issuer) => `${withoutSlash(issuer)}/v1/oauth2/introspect`,
    hints: { wrong_audience: "Stytch's tokens are for the project: its id must stand in ALLOWED_AUDIENCES" },
  }),
  likeOidc({
    name: "clerk",
    recognizes: hostEndsWith(".clerk.accounts.dev"),
    strategies: ["introspection", "jwt"], // opaque ones can be revoked, JWTs live for a day
    introspectionEndpoint: (issuer) => `${withoutSlash(issuer)}/oauth/token_info`,
    audienceMayBeAbsent: true, // its answers name neither audience nor expiry
    hints: { wrong_audience: "Clerk's tokens name no audience: list the clients in ALLOWED_CLIENT_IDS" },
  }),
  likeOidc({
    name: "logto",
    recognizes: hostEndsWith(".logto.app"),
    // MCP clients send `resource`, and then get JWTs, which its introspection endpoint does not know.
    strategies: ["jwt", "introspection"],
  }),
  likeOidc({
    name: "workos",
    recognizes: hostEndsWith(".authkit.app"),
    ...jwtOnly,
    hints: { wrong_audience: "WorkOS ignores `resource` until RESOURCE_URL is a Resource Indicator in its dashboard" },
  }),
  likeOidc({ name: "descope", recognizes: hostEndsWith(".descope.com"), ...jwtOnly }),
  likeOidc({
    name: "scalekit",
    recognizes: hostEndsWith(".scalekit.com", ".scalekit.dev"),
    ...jwtOnly,
    // Its issuers are moving from the environment's URL to {environment}/resources/{id}.
    acceptsIssuer: (named, { documentIssuer }) =>
      withoutResource(documentIssuer) === named || withoutResource(named) === documentIssuer,
    hints: { wrong_audience: "Scalekit's tokens are for its resource id: it must stand in ALLOWED_AUDIENCES" },
  }),
  likeOidc({
    name: "supabase",
    recognizes: ({ hostname, pathname }) => hostname.endsWith(".supabase.co") && pathname.startsWith("/auth/v1"),
    ...jwtOnly,
    // Every token of every app, signed-in people's own sessions included, is for "authenticated": that names nobody.
    rename: (raw) => {
      const { aud, ...others } = asOpenId(raw)
      return aud === "authenticated" ? others : { ...others, aud }
    },
    audienceMayBeAbsent: true,
    hints: {
      wrong_audience: "Supabase's tokens are all for the same audience: list the clients in ALLOWED_CLIENT_IDS",
    },
  }),
]

const withoutResource = (issuer: string): string => issuer.replace(/\/resources\/[^/]+\/?$/, "")
