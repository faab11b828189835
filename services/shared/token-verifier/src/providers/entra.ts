/** Microsoft Entra ID: JWTs of two versions, one key set and one document for many tenants, and no introspection. */
import { hostEndsWith, hostIs, looksLikeIdToken, scopeOf, textOf } from "./claims.ts"
import type { ProviderPreset, ProviderSettings } from "./preset.ts"
import type { RawClaims } from "./raw-claims.ts"

const LOGIN_HOST = "login.microsoftonline.com"
const isLogin = hostIs(LOGIN_HOST, "login.microsoftonline.us", "login.partner.microsoftonline.cn")
const isExternalId = hostEndsWith(".ciamlogin.com")
const isVersion1 = hostIs("sts.windows.net")

/** Names in place of a tenant, whose document is that of them all: its issuer is a template. */
const manyTenants = new Set(["common", "organizations"])
const TEMPLATE = "{tenantid}"

// The API's registration chooses the version of its tokens, not the endpoint that issues them.
const version1 = /^https:\/\/sts\.windows\.net\/([^/]+)\/$/
const version2 = /^https:\/\/[^/]+\/([^/]+)\/v2\.0$/

const tenantOf = (issuer: string): string | undefined => version1.exec(issuer)?.[1] ?? version2.exec(issuer)?.[1]

export const entra: ProviderPreset = {
  name: "entra",
  recognizes: (issuer) => isLogin(issuer) || isExternalId(issuer) || isVersion1(issuer),
  problem,
  issuerOf: (configured) => {
    const tenant = tenantOf(configured)
    return tenant !== undefined && manyTenants.has(tenant)
      ? configured.replace(`/${tenant}/`, `/${TEMPLATE}/`)
      : configured
  },
  strategies: ["jwt"],
  accessTokens: "jwt",
  jwtTypes: ["jwt"],
  rename: (raw) => ({
    ...raw,
    sub: subjectOf(raw),
    client_id: raw["azp"] ?? raw["appid"],
    scope: scopeOf(raw["scp"], raw["roles"]),
  }),
  // An ID token of the same app has the same `aud`, `typ` and key, and may have `roles`; it never says whom it was issued to.
  isAccessToken: (raw) => !looksLikeIdToken(raw) && textOf(raw["azp"] ?? raw["appid"]) !== undefined,
  acceptsIssuer,
  keyIssuer,
  // The document of a version 1 issuer names the keys of the login host.
  endpointHosts: [LOGIN_HOST],
  audience: "resource",
  hints: {
    wrong_audience:
      "Entra names the API by its application ID (a GUID, or an App ID URI in version 1 tokens): it must stand in ALLOWED_AUDIENCES. Tokens for Microsoft Graph come from clients that asked for scopes without the API's prefix",
  },
}

function problem(issuer: URL, { allowedTenants }: ProviderSettings): string | undefined {
  const tenant = tenantOf(issuer.href.replace(/\/$/, ""))
  if (tenant !== undefined && manyTenants.has(tenant) && allowedTenants.length === 0)
    return `tokens of every tenant in the world come from ${issuer.href}: say whose are accepted in ALLOWED_TENANTS, or set AUTH_SERVER_URL to https://${LOGIN_HOST}/{tenant id}/v2.0`
  if (isLogin(issuer) && tenant === undefined)
    return `${issuer.href} is no issuer of Entra: set AUTH_SERVER_URL to https://${issuer.hostname}/{tenant id}/v2.0`
  return undefined
}

/** The application's own `sub` is another one in every application; these two are the person, or the service, everywhere. */
function subjectOf(raw: RawClaims): string | undefined {
  const [tenant, object] = [textOf(raw["tid"]), textOf(raw["oid"])]
  return tenant === undefined || object === undefined ? undefined : `${tenant}|${object}`
}

/** Both spellings of the document's tenant, or of an allowed one; the token must say itself that it is of that tenant. */
function acceptsIssuer(
  named: string,
  { documentIssuer, raw, settings }: { documentIssuer: string; raw: RawClaims; settings: ProviderSettings },
): boolean {
  const [tenant, documented] = [tenantOf(named), tenantOf(documentIssuer)]
  if (tenant === undefined || tenant !== raw["tid"] || documented === undefined) return false
  if (version2.test(named) && version2.test(documentIssuer) && !isSameHost(named, documentIssuer)) return false
  const isTemplate = documented === TEMPLATE || manyTenants.has(documented)
  if (isTemplate || settings.allowedTenants.length > 0) {
    if (!settings.allowedTenants.includes(tenant)) return false
  }
  return isTemplate || tenant === documented
}

const isSameHost = (one: string, other: string): boolean => new URL(one).host === new URL(other).host

/**
 * The key set holds keys of other tenants too: of personal accounts, say. A key says whose tokens it may sign, always in the
 * spelling of version 2; what it may sign of a tenant, it may in both.
 */
function keyIssuer(jwk: RawClaims, raw: RawClaims): string | undefined {
  const issuer = textOf(jwk["issuer"])
  if (issuer === undefined) return undefined
  const [tenant, named] = [textOf(raw["tid"]), textOf(raw["iss"])]
  const filledIn = issuer.replaceAll(TEMPLATE, () => tenant ?? TEMPLATE)
  return named !== undefined && version1.test(named) && tenantOf(named) === tenantOf(filledIn) ? named : filledIn
}
