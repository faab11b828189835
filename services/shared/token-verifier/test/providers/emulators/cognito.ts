/** Amazon Cognito: a user pool, clients that ask for a resource, and clients that do not. */
import { fixture } from "../fixture.ts"
import { startJwtProvider } from "./jwt-provider.ts"
import { atTime, type ProviderCase } from "./provider-case.ts"
import { keyNamed } from "./signer.ts"

const ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE"
const document = fixture("cognito.openid-configuration")
const CLIENT = "xxxxxxxxxxxxexample"

function start(token: string, now: () => number) {
  const identityKey = keyNamed("id-key")
  return startJwtProvider({
    now,
    documents: { [`${ISSUER}/.well-known/openid-configuration`]: document },
    jwksUri: String(document["jwks_uri"]),
    // Access and ID tokens have a key each, in one set; the header has no `typ`.
    signer: { others: [identityKey] },
    claims: () => atTime(fixture(`cognito.access-token.${token}`), now()),
    flawed: {
      "of another client": { client_id: "anotherclient", aud: undefined },
      "for another API": { aud: "https://other.example.com" },
      "of another issuer": { iss: `${ISSUER}2` },
      "an ID token": () =>
        identityKey.sign({ alg: "RS256", kid: "id-key" }, atTime(fixture("cognito.id-token"), now())),
    },
  })
}

const says = {
  iss: ISSUER,
  sub: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
  client_id: CLIENT,
  scope: "openid mcp.read",
}
const refuses = {
  expired: "expired",
  "of another client": "wrong_audience",
  "for another API": "wrong_audience",
  "of another issuer": "wrong_issuer",
  "an ID token": "wrong_token_kind",
  "a refresh token": "malformed",
  forged: "bad_signature",
} as const

export const cognitoCases: readonly ProviderCase[] = [
  {
    name: "cognito, allowed clients",
    options: { issuer: ISSUER, allowedClientIds: [CLIENT], scopePrefix: "https://mcp.example.com/mcp/" },
    strategy: "jwt",
    says,
    revocable: false,
    refuses,
    start: (now) => start("no-aud", now),
  },
  {
    name: "cognito, clients that ask for the resource",
    options: { issuer: ISSUER, scopePrefix: "https://mcp.example.com/mcp/" },
    strategy: "jwt",
    says,
    revocable: false,
    refuses,
    start: (now) => start("resource-bound", now),
  },
]
