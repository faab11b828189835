/** What a provider says of a token, brought into our words: its names, its issuer's spelling, its scopes. */
import { parseScope } from "@gatehouse/oauth"
import { INACTIVE, type Introspection, readClaims, refusedFor } from "../introspection.ts"
import type { ProviderPreset, ProviderSettings } from "../providers/preset.ts"
import type { RawClaims } from "../providers/raw-claims.ts"
import { Unavailable } from "../unavailable.ts"

export interface ReadingOptions {
  preset: ProviderPreset
  settings: ProviderSettings
  /** As the authorization server's own document writes it. */
  issuer: () => string
  scopePrefix: string
}

/** Reads claims that somebody vouches for. @throws Unavailable `bad_response` for a claim of a wrong type */
export type ReadClaims = (raw: RawClaims) => Introspection

export function createClaimReader({ preset, settings, issuer, scopePrefix }: ReadingOptions): ReadClaims {
  return (raw) => {
    if (preset.isAccessToken?.(raw) === false) return refusedFor("wrong_token_kind")
    const claims = readClaims(preset.rename?.(raw) ?? raw)
    const documentIssuer = issuer()
    const isOurs = claims.iss !== undefined && preset.acceptsIssuer?.(claims.iss, { documentIssuer, raw, settings })
    return Object.freeze({
      ...claims,
      ...(isOurs && { iss: documentIssuer }),
      ...scopeOf(claims.scope, { scopePrefix, granted: preset.grantedScopes ?? [] }),
    })
  }
}

/** The same for an introspection answer (RFC 7662 §2.2), whose `active` comes first. */
export function createAnswerReader(options: ReadingOptions): ReadClaims {
  const read = createClaimReader(options)
  return (raw) => {
    if (raw["active"] === false) return INACTIVE
    if (raw["active"] === true) return read(raw)
    // "true" and 1 are not true: a boolean is required.
    throw new Unavailable("bad_response", { cause: new TypeError("active is unreadable") })
  }
}

function scopeOf(
  scope: string | undefined,
  { scopePrefix, granted }: { scopePrefix: string; granted: readonly string[] },
) {
  if (scopePrefix === "" && granted.length === 0) return {}
  const own = parseScope(scope ?? "").map((each) =>
    scopePrefix !== "" && each.startsWith(scopePrefix) ? each.slice(scopePrefix.length) : each,
  )
  return { scope: [...new Set([...own, ...granted])].filter((each) => each !== "").join(" ") }
}
