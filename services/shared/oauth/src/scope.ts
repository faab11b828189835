/** Scope: the string on the wire, the list inside, and what implies what. */
import { OAuthError } from "./errors.ts"

// RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ), separated by exactly one space.
const scopeString = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/**
 * Parses a scope string, strictly: double spaces and tabs are refused, repeated scopes collapse.
 * @throws OAuthError `invalid_scope` when the text is not a scope of RFC 6749 §3.3.
 */
export function parseScope(scope: string): string[] {
  if (scope === "") return []
  if (!scopeString.test(scope)) throw new OAuthError("invalid_scope", "scope must be space-separated scope tokens")
  return [...new Set(scope.split(" "))]
}

export const formatScope = (scopes: readonly string[]): string => scopes.join(" ")

/** What the MCP service knows: `mcp` implies every scope under it. */
export const MCP_SCOPES = ["mcp", "mcp:tools", "mcp:resources", "mcp:prompts"] as const

/** The scope that a request without `scope` gets (RFC 6749 §3.3), stated in the token answer. */
export const DEFAULT_SCOPE = "mcp"

/** Whether `held` satisfies `needed`: itself, or a scope it stands under (`mcp` covers `mcp:tools`). */
export const coversScope = (held: readonly string[], needed: string): boolean =>
  held.some((scope) => scope === needed || needed.startsWith(`${scope}:`))

/** The scopes of `needed` that `held` does not cover. */
export const missingScopes = (held: readonly string[], needed: readonly string[]): string[] =>
  needed.filter((scope) => !coversScope(held, scope))
