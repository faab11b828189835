/** The grant type `authorization_code` (RFC 6749 §4.1.3, RFC 7636 §4.5): everything is checked before the code is used up. */
import { OAuthError, requireParameter, verifyCodeVerifier } from "@gatehouse/oauth"
import { pseudonymOf } from "../audit.ts"
import type { CodeAuthorization, Grant, Hash } from "../authorization.ts"
import { parseOpaqueToken } from "../opaque-token.ts"
import type { RedeemGrant, TokenDependencies, TokenRequest } from "../redeem-grant.ts"
import { createRefreshToken } from "../refresh-token.ts"
import { revokeGrant } from "../revocation.ts"

/** Wrong verifiers that a code survives. */
const MAX_FAILURES = 5

/** Somebody redeems a code that somebody else asked for, or a client has lost its verifier. */
export class CodeVerifierMismatch extends OAuthError {
  constructor() {
    super("invalid_grant", "code_verifier does not match the code_challenge")
  }
}

const notValid = (): OAuthError => new OAuthError("invalid_grant", "the authorization code is not valid")

export const redeemAuthorizationCode: RedeemGrant = async (request, deps) => {
  const { client, parameters, attempt } = request
  const { authorizationCodes, grants } = deps.stores
  const code = parseOpaqueToken("code", requireParameter(parameters, "code"))
  if (code === undefined) throw notValid()
  const { grantId, hash } = code
  const found = await authorizationCodes.find(grantId, hash)
  if (found.kind === "unknown") throw notValid()
  const { authorization } = found
  if (authorization.clientId !== client.clientId) throw notValid()
  checkRedirectUri(request, authorization)
  await checkVerifier(request, { authorization, hash, used: found.kind === "used" }, deps)
  const grant = await grants.find(grantId)
  if (grant === undefined) throw notValid()

  return {
    grant,
    scope: authorization.scope,
    remember: async (accessToken) => {
      if (found.kind === "used") return refuseReplay(grant, deps)
      const taken = await authorizationCodes.take(grantId, hash, attempt)
      // Used since we looked: two requests at once. One of them gets the tokens, and nobody has lost any.
      if (taken.kind !== "taken") throw notValid()
      const refresh = client.grantTypes.includes("refresh_token") ? createRefreshToken(grant, deps) : undefined
      if (!(await grants.issue(grantId, accessToken, refresh?.record))) throw notValid()
      return refresh?.refreshToken
    },
  }
}

/** OAuth 2.1 §10.2: it may be left out, and must be the same when it is sent. */
function checkRedirectUri({ parameters }: TokenRequest, { redirectUri }: CodeAuthorization): void {
  const sent = parameters.get("redirect_uri")
  if (sent !== undefined && sent !== redirectUri)
    throw new OAuthError("invalid_grant", "redirect_uri is not the one that the code was sent to")
}

async function checkVerifier(
  { parameters }: TokenRequest,
  { authorization, hash, used }: { authorization: CodeAuthorization; hash: Hash; used: boolean },
  { stores }: TokenDependencies,
): Promise<void> {
  const verifier = requireParameter(parameters, "code_verifier")
  const { codeChallenge, grantId } = authorization
  // A code without a challenge is none of ours (RFC 9700 §4.8.2).
  if (codeChallenge && verifyCodeVerifier(verifier, codeChallenge)) return
  if (!used) await stores.authorizationCodes.recordFailure(grantId, hash, MAX_FAILURES)
  throw new CodeVerifierMismatch()
}

/** RFC 6749 §4.1.2: who redeems second may be the thief or the robbed; what the first one got dies. */
async function refuseReplay(grant: Grant, deps: TokenDependencies): Promise<never> {
  // Nothing issued yet: the first request is still under way, or broke off. There is nothing to take from anybody.
  if (grant.generation > 0) {
    deps.audit("auth.code.replayed", { client_id: grant.clientId, subject: pseudonymOf(grant.subject) })
    await revokeGrant(grant.grantId, deps.stores)
  }
  throw notValid()
}
