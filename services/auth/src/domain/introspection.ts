/** Introspection (RFC 7662): what was remembered of a token, to a resource server that it is for. */
import type { IntrospectionResponse } from "@gatehouse/oauth"
import { parseAccessToken } from "./access-token.ts"
import type { ResourceServer } from "./client.ts"
import type { Grants } from "./ports.ts"

/** All that is told of anything else (RFC 7662 §2.2). */
const inactive: IntrospectionResponse = Object.freeze({ active: false })

/**
 * What is answered is what was stored, never what the token says. A refresh token and a code are no access tokens.
 * @throws OAuthError `temporarily_unavailable`
 */
export async function introspectToken(
  token: string,
  { resources }: Pick<ResourceServer, "resources">,
  grants: Grants,
): Promise<IntrospectionResponse> {
  const parsed = parseAccessToken(token)
  const claims = parsed && (await grants.introspect(parsed.grantId, parsed.hash))
  if (claims === undefined || typeof claims.aud !== "string" || !resources.includes(claims.aud)) return inactive
  return { active: true, token_type: "Bearer", ...claims }
}
