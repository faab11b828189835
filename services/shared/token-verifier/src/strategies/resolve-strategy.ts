/** Which strategy validates the tokens of an authorization server, and why: decided once, from what is configured and what is published. */

import type { DiscoveredMetadata } from "../discovery/discovery.ts"
import { checkEndpoint } from "../discovery/endpoint-policy.ts"
import type { AuthorizationServerOptions } from "../options.ts"
import type { ProviderPreset, StrategyName } from "../providers/preset.ts"
import { WrongConfiguration } from "../wrong-configuration.ts"

export interface ResolvedStrategy {
  name: StrategyName
  /** The rest of the sentence "tokens are validated by … because …". */
  why: string
  /** Of introspection, or of the provider's API. */
  endpoint?: string
  jwksUri?: string
}

export interface Known {
  options: AuthorizationServerOptions
  preset: ProviderPreset
  /** Undefined: nothing was discovered, because nothing had to be. */
  metadata: DiscoveredMetadata | undefined
}

/** Whether the operator said all that is needed, so that readiness waits for no document. */
export function needsNoDiscovery({ options, preset }: Pick<Known, "options" | "preset">): boolean {
  if (nameAsked(options, preset) === "provider-api") return true
  if (nameAsked(options, preset) === "jwt") return options.jwksUrl !== undefined
  // What is given by hand and nothing else: asking is all that is wanted.
  const introspectionOnly = options.introspectionUrl !== undefined && options.jwksUrl === undefined
  return introspectionOnly && (options.strategy === "introspection" || preset.accessTokens !== "jwt")
}

const nameAsked = ({ strategy = "auto" }: AuthorizationServerOptions, preset: ProviderPreset) =>
  strategy === "auto" && preset.strategies.length === 1 ? preset.strategies[0] : strategy

/**
 * Takes the first of the preset's strategies whose needs are met, or the one that was asked for.
 * @throws WrongConfiguration that says what is missing
 */
export async function resolveStrategy(known: Known): Promise<ResolvedStrategy> {
  const { options, preset, metadata } = known
  const { strategy: asked = "auto" } = options
  if (asked !== "auto") {
    if (!preset.strategies.includes(asked))
      throw new WrongConfiguration(
        `TOKEN_VALIDATION=${asked} cannot work with ${preset.name}: it is validated by ${preset.strategies.join(" or ")}`,
      )
    const missing = missingFor(asked, known)
    if (missing.length > 0) throw new WrongConfiguration(`TOKEN_VALIDATION=${asked} needs ${missing.join(" and ")}`)
    return { name: asked, why: `TOKEN_VALIDATION=${asked} was set`, ...(await endpointsOf(asked, known)) }
  }
  const possible = preset.strategies.find((each) => missingFor(each, known).length === 0)
  if (possible !== undefined)
    return { name: possible, why: reasonOf(possible, known), ...(await endpointsOf(possible, known)) }
  const issuer = metadata?.issuer ?? options.issuer
  const needs = preset.strategies.map((each) => `${each} needs ${missingFor(each, known).join(" and ")}`)
  throw new WrongConfiguration(`the tokens of ${issuer} cannot be validated: ${needs.join("; ")}`)
}

function missingFor(strategy: StrategyName, { options, preset, metadata }: Known): string[] {
  const { credentials, introspectionUrl, jwksUrl, allowedClientIds = [] } = options
  if (strategy === "provider-api") {
    const missing = preset.api?.needs({ credentials, allowedClientIds })
    return missing === undefined ? [] : [missing]
  }
  const missing: string[] = []
  if (strategy !== "jwt") {
    if (credentials === undefined) missing.push("INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET")
    const published = metadata?.["introspection_endpoint"] ?? preset.introspectionEndpoint?.(options.issuer)
    if (introspectionUrl === undefined && published === undefined)
      missing.push("INTROSPECTION_URL, since the metadata names no introspection_endpoint")
  }
  if (strategy !== "introspection" && jwksUrl === undefined && metadata?.["jwks_uri"] === undefined)
    missing.push("JWKS_URL, since the metadata names no jwks_uri")
  return missing
}

function reasonOf(strategy: StrategyName, known: Known): string {
  const { preset, options } = known
  if (strategy === "provider-api") return `${preset.name} can say what its opaque tokens are worth, and nobody else can`
  if (strategy === "hybrid")
    return "its access tokens are JWTs and we may introspect: signatures are checked here, revocation is asked about"
  if (strategy === "introspection")
    return options.introspectionUrl === undefined
      ? "credentials are configured and the metadata names an introspection endpoint"
      : "credentials and INTROSPECTION_URL are configured"
  const unasked = missingFor("introspection", known)
  const why = preset.strategies.includes("introspection")
    ? `introspection would need ${unasked.join(" and ")}`
    : "it offers no introspection"
  return `its signing keys are published and ${why}: a revoked token is accepted until it expires`
}

async function endpointsOf(strategy: StrategyName, { options, preset, metadata }: Known) {
  const policy = { issuer: options.issuer, hosts: preset.endpointHosts ?? [] }
  const endpoint = () =>
    options.introspectionUrl ??
    checkEndpoint(metadata?.["introspection_endpoint"] ?? preset.introspectionEndpoint?.(options.issuer), policy, {
      what: "introspection_endpoint",
      setting: "INTROSPECTION_URL",
    })
  const jwksUri = () =>
    options.jwksUrl ?? checkEndpoint(metadata?.["jwks_uri"], policy, { what: "jwks_uri", setting: "JWKS_URL" })
  switch (strategy) {
    case "provider-api":
      return apiEndpoint(options, preset)
    case "introspection":
      return { endpoint: await endpoint() }
    case "jwt":
      return { jwksUri: await jwksUri() }
    case "hybrid":
      return { endpoint: await endpoint(), jwksUri: await jwksUri() }
  }
}

function apiEndpoint({ introspectionUrl, credentials }: AuthorizationServerOptions, { api }: ProviderPreset) {
  const endpoint = introspectionUrl ?? api?.endpoint(credentials?.clientId)
  return endpoint === undefined ? {} : { endpoint }
}
