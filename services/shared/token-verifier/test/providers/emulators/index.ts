/** Every provider that is emulated. */
import { auth0Cases } from "./auth0.ts"
import { cognitoCases } from "./cognito.ts"
import { entraCases } from "./entra.ts"
import { githubCases } from "./github.ts"
import { googleCases } from "./google.ts"
import { hydraCases } from "./hydra.ts"
import { keycloakCases } from "./keycloak.ts"
import { oktaCases } from "./okta.ts"
import { otherCases } from "./others.ts"
import type { ProviderCase } from "./provider-case.ts"

export const providerCases: readonly ProviderCase[] = [
  ...auth0Cases,
  ...oktaCases,
  ...entraCases,
  ...cognitoCases,
  ...googleCases,
  ...githubCases,
  ...keycloakCases,
  ...hydraCases,
  ...otherCases,
]
