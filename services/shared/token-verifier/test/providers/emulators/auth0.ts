/** Auth0: a tenant, an API whose identifier is ours, and both token profiles. */
import { fixture, type Json } from "../fixture.ts"
import { startJwtProvider } from "./jwt-provider.ts"
import { atTime, type ProviderCase, RESOURCE } from "./provider-case.ts"

const ISSUER = "https://acme.us.auth0.com/"
const document = fixture("auth0.openid-configuration")

const profile = (name: string, typ: string, says: Json): ProviderCase => ({
  name: `auth0, its ${name} profile`,
  options: { issuer: ISSUER },
  strategy: "jwt",
  says,
  revocable: false,
  refuses: {
    expired: "expired",
    "for another API": "wrong_audience",
    "of another issuer": "wrong_issuer",
    "an ID token": "wrong_token_kind",
    "a refresh token": "malformed",
    encrypted: "malformed",
    opaque: "malformed",
    forged: "bad_signature",
    "bound to a key": "wrong_token_kind",
  },
  start: (now) => {
    const claims = () => atTime(fixture(`auth0.access-token.${name}-profile`), now())
    const { sub, azp, iat, exp } = claims()
    return startJwtProvider({
      now,
      documents: {
        [`${ISSUER}.well-known/openid-configuration`]: document,
        [`${ISSUER}.well-known/oauth-authorization-server`]: document,
      },
      jwksUri: String(document["jwks_uri"]),
      signer: { typ },
      claims,
      flawed: {
        "for another API": { aud: ["https://other.example.com", `${ISSUER}userinfo`] },
        "of another issuer": { iss: "https://acme.us.auth0.com" }, // what a slash can change
      },
      // Even where somebody allowed the client's own id as an audience.
      identity: () => ({ iss: ISSUER, sub, aud: RESOURCE, iat, exp, ...(azp === undefined ? {} : { nonce: "n-1" }) }),
    })
  },
})

export const auth0Cases: readonly ProviderCase[] = [
  profile("auth0", "JWT", {
    iss: ISSUER,
    sub: "auth0|6553da60a54af58e29493993",
    client_id: "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
    scope: "openid profile mcp:read mcp:write",
  }),
  profile("rfc9068", "at+jwt", {
    iss: ISSUER,
    sub: "awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients",
    client_id: "awZfdIir8YFdGZWkvCejDoUb7SjTDicx",
    scope: "mcp:read",
  }),
]
