/** Request parameters of an OAuth endpoint: each at most once, empty ones absent (RFC 6749 §3.1, §3.2). */
import { OAuthError } from "./errors.ts"

export type Parameters = ReadonlyMap<string, string>

/**
 * Parses a query or an `application/x-www-form-urlencoded` body.
 * @throws OAuthError `invalid_request` (a RepeatedParameter, which names it) when a parameter is repeated
 */
export function parseParameters(encoded: string): Parameters {
  const parameters = new Map<string, string>()
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(encoded)) {
    if (seen.has(name)) throw new RepeatedParameter(name)
    seen.add(name)
    if (value !== "") parameters.set(name, value)
  }
  return parameters
}

/** A parameter was sent twice: no rule says which one counts, so neither does. */
export class RepeatedParameter extends OAuthError {
  readonly parameter: string
  constructor(parameter: string) {
    super("invalid_request", "a parameter was sent more than once")
    this.parameter = parameter
  }
}

/** @throws OAuthError `invalid_request` when the parameter is absent */
export function requireParameter(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (value === undefined) throw new OAuthError("invalid_request", `${name} is required`)
  return value
}
