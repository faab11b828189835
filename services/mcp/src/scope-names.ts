/** Our scopes in the words of the authorization server that a client has to ask for them. */
import type { AuthorizationServer } from "./dependencies.ts"

/** What a client asks for to get these scopes. */
export type ScopeNames = (scopes: readonly string[]) => string[]

/** As the first server writes them: it is the one that clients are sent to. Without scopes for us, it names those it wants. */
export const createScopeNames =
  (servers: () => readonly AuthorizationServer[]): ScopeNames =>
  (scopes) => {
    const [first] = servers()
    if (first?.advertisedScopes !== undefined) return [...first.advertisedScopes]
    return scopes.map((scope) => `${first?.scopePrefix ?? ""}${scope}`)
  }
