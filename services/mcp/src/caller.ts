/** Who calls: the verified claims of one request, as the rest of this service knows them. */
import { parseScope, type RevocationEvent } from "@gatehouse/oauth"
import type { VerifiedClaims } from "@gatehouse/token-verifier"
import type { AuthInfo, ServerContext } from "@modelcontextprotocol/server"

export interface Caller {
  readonly issuer: string
  readonly subject: string
  readonly clientId: string | undefined
  readonly scopes: readonly string[]
  /** Seconds since 1970. */
  readonly expiresAt: number
  readonly grantId: string | undefined
  readonly jti: string | undefined
}

/** @throws OAuthError `invalid_scope` when the claims have a scope that is none */
export const callerOf = (claims: VerifiedClaims): Caller => ({
  issuer: claims.iss,
  subject: claims.sub,
  clientId: claims.client_id,
  scopes: parseScope(claims.scope),
  expiresAt: claims.exp,
  grantId: claims.grant_id,
  jti: claims.jti,
})

/** One person or client of one issuer. Two issuers may use one subject for two people. */
export const ownerKeyOf = ({ issuer, subject }: Caller): string => JSON.stringify([issuer, subject])

/** Whether a revocation takes away the grant that a caller came with; that of a single token leaves the grant. */
export function losesGrant(event: RevocationEvent, caller: Caller): boolean {
  if (event.kind === "grant") return event.grantId === caller.grantId
  if (event.kind === "subject") return event.subject === caller.subject
  return event.kind === "client" && event.clientId === caller.clientId
}

/** Whether a revocation takes away the very token. */
export const losesToken = (event: RevocationEvent, caller: Caller): boolean =>
  event.kind === "token" ? event.grantId === caller.grantId && event.jti === caller.jti : losesGrant(event, caller)

/** What the SDK hands to tools. The token is left out: nothing behind this line could pass it on. */
export const authInfoOf = (caller: Caller, operation: string): AuthInfo => ({
  token: "",
  clientId: caller.clientId ?? "",
  scopes: [...caller.scopes],
  expiresAt: caller.expiresAt,
  extra: { caller, operation },
})

interface Extra {
  caller: Caller
  /** The method and, for a call, the name: what a request state is bound to. */
  operation: string
}

/** The caller of the request that a tool, resource or prompt is answering. */
export function callIn(context: ServerContext): Extra {
  const extra = context.http?.authInfo?.extra
  if (extra === undefined) throw new Error("a request reached a handler without its caller")
  return extra as unknown as Extra
}
