/** Microsoft Entra ID: one tenant by both token versions, and the document of all tenants. */
import { fixture, type Json } from "../fixture.ts"
import { startJwtProvider } from "./jwt-provider.ts"
import { atTime, type ProviderCase } from "./provider-case.ts"
import { keyNamed } from "./signer.ts"

const LOGIN = "https://login.microsoftonline.com"
const TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
const OTHER_TENANT = "0d5e8f1c-0000-0000-0000-000000000001"
const PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
const APP = "6e74172b-be56-4843-9ff4-e66a39bb12e3"
const allowedAudiences = [APP, `api://${APP}`]

const refuses = {
  expired: "expired",
  "for another API": "wrong_audience",
  "of another tenant": "wrong_issuer",
  "an ID token": "wrong_token_kind",
  "without a subject": "malformed",
  forged: "bad_signature",
  opaque: "malformed",
  encrypted: "malformed",
} as const

interface Kind {
  token: string
  /** Name in the issuer's place, and what its keys say. */
  tenant: string
  keyIssuer: string
}

function start({ token, tenant, keyIssuer }: Kind, now: () => number) {
  const document = fixture(
    tenant === TENANT ? "entra.tenant.openid-configuration" : "entra.common.openid-configuration",
  )
  const personalKey = keyNamed("msa-key-1", "RSA", { issuer: `${LOGIN}/${PERSONAL}/v2.0` })
  const claims = () => atTime(fixture(`entra.access-token.${token}`), now())
  const issuerOf = (id: string): Json => ({ iss: String(claims()["iss"]).replace(TENANT, id), tid: id })
  return startJwtProvider({
    now,
    // Entra knows neither form of RFC 8414.
    documents: { [`${LOGIN}/${tenant}/v2.0/.well-known/openid-configuration`]: document },
    jwksUri: String(document["jwks_uri"]),
    signer: { typ: "JWT", says: { issuer: keyIssuer }, others: [personalKey] },
    claims,
    flawed: {
      "for another API": { aud: "00000003-0000-0000-c000-000000000000" }, // Microsoft Graph
      "of another tenant": issuerOf(OTHER_TENANT),
      "without a subject": { oid: undefined },
      "signed with a key of other tenants": () =>
        personalKey.sign({ typ: "JWT", alg: "RS256", kid: "msa-key-1" }, claims()),
    },
    identity: () => atTime(fixture("entra.id-token.same-app"), now()),
  })
}

const person = (iss: string, scope: string) => ({
  iss,
  sub: `${TENANT}|690222be-ff1a-4d56-abd1-7e4f7d38e474`,
  client_id: APP,
  scope,
})

const OWN = `${LOGIN}/${TENANT}/v2.0`
const own = { tenant: TENANT, keyIssuer: OWN }
const common = { tenant: "common", keyIssuer: `${LOGIN}/{tenantid}/v2.0` }
const foreignKey = { ...refuses, "signed with a key of other tenants": "wrong_issuer" } as const

export const entraCases: readonly ProviderCase[] = [
  {
    name: "entra, a person's version 2 token",
    options: { issuer: OWN, allowedAudiences },
    strategy: "jwt",
    says: person(OWN, "mcp.read access_as_user"),
    revocable: false,
    refuses: foreignKey,
    start: (now) => start({ token: "v2.user", ...own }, now),
  },
  {
    name: "entra, a person's version 1 token",
    options: { issuer: OWN, allowedAudiences },
    strategy: "jwt",
    says: person(OWN, "mcp.read"),
    revocable: false,
    refuses: foreignKey,
    start: (now) => start({ token: "v1.user", ...own }, now),
  },
  {
    name: "entra, an application's token",
    options: { issuer: OWN, allowedAudiences },
    strategy: "jwt",
    says: {
      iss: OWN,
      sub: `${TENANT}|aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb`,
      client_id: "11111111-2222-3333-4444-555555555555",
      scope: "Mcp.Read.All",
    },
    revocable: false,
    refuses: foreignKey,
    start: (now) => start({ token: "v2.app", ...own }, now),
  },
  {
    name: "entra, tokens of allowed tenants",
    options: { issuer: `${LOGIN}/common/v2.0`, allowedAudiences, allowedTenants: [TENANT] },
    strategy: "jwt",
    says: person(`${LOGIN}/common/v2.0`, "mcp.read access_as_user"),
    revocable: false,
    refuses: foreignKey,
    start: (now) => start({ token: "v2.user", ...common }, now),
  },
]
