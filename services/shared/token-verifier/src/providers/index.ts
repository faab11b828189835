/** The providers that are known: the table that `AUTH_PROVIDER` names entries of, and that an issuer's host is looked up in. */
import type { AuthorizationServerOptions } from "../options.ts"
import { WrongConfiguration } from "../wrong-configuration.ts"
import { auth0 } from "./auth0.ts"
import { cognito } from "./cognito.ts"
import { entra } from "./entra.ts"
import { GATEHOUSE_ACCESS_TOKEN_TYPE, gatehouse, generic, oidc } from "./generic.ts"
import { github } from "./github.ts"
import { google } from "./google.ts"
import { hydra } from "./hydra.ts"
import { keycloak } from "./keycloak.ts"
import { okta, oktaOrg } from "./okta.ts"
import { otherProviders } from "./others.ts"
import type { ProviderPreset } from "./preset.ts"
import type { RawClaims } from "./raw-claims.ts"

const all: readonly ProviderPreset[] = [
  auth0,
  okta,
  oktaOrg,
  entra,
  cognito,
  google,
  github,
  keycloak,
  hydra,
  ...otherProviders,
  gatehouse,
  oidc,
  generic,
]

export const presets: ReadonlyMap<string, ProviderPreset> = new Map(all.map((preset) => [preset.name, preset]))

/** As `AUTH_PROVIDER` takes them. */
export const PROVIDER_NAMES: readonly string[] = all.map(({ name }) => name)

export type ProviderChoice = Pick<
  AuthorizationServerOptions,
  "issuer" | "provider" | "allowedClientIds" | "allowedTenants"
>

/**
 * The preset that was named, or whose issuer this looks like, or the generic one.
 * @param metadata the issuer's own document, once it is known: our own server can be told by it
 * @throws WrongConfiguration for a name that nobody knows, and for an issuer that cannot work
 */
export function findPreset(
  { issuer, provider, allowedClientIds = [], allowedTenants = [] }: ProviderChoice,
  metadata?: RawClaims,
): ProviderPreset {
  const url = new URL(issuer)
  const preset = provider === undefined || provider === "auto" ? recognize(url, metadata) : named(provider)
  const problem = preset.problem?.(url, { allowedClientIds, allowedTenants })
  if (problem !== undefined) throw new WrongConfiguration(problem)
  return preset
}

function named(provider: string): ProviderPreset {
  const preset = presets.get(provider)
  if (preset) return preset
  throw new WrongConfiguration(`AUTH_PROVIDER=${provider} is unknown: it is one of ${PROVIDER_NAMES.join(", ")}`)
}

const recognize = (issuer: URL, metadata: RawClaims | undefined): ProviderPreset =>
  all.find((preset) => preset.recognizes(issuer)) ??
  (metadata?.[GATEHOUSE_ACCESS_TOKEN_TYPE] === "at+jwt" ? gatehouse : generic)
