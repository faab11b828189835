/** From the name of a strategy to the function that does it. */
import { isSameIssuer, reachableAt } from "../discovery/issuer.ts"
import type { KnownServer } from "../discovery/known-server.ts"
import type { HttpClient } from "../http/http-client.ts"
import type { Introspect, Lookup } from "../introspection.ts"
import { type Audience, faultOf } from "../judge.ts"
import type { KeySet } from "../keys/key-set.ts"
import type { AuthorizationServerOptions } from "../options.ts"
import type { RawClaims } from "../providers/raw-claims.ts"
import type { Surroundings } from "../servers/authority.ts"
import { Unavailable } from "../unavailable.ts"
import { createSignatureCheck } from "./check-signature.ts"
import { httpIntrospection, providerIntrospection } from "./http-introspection.ts"
import {
  askServer,
  hybridIntrospector,
  type IntrospectorOptions,
  introspector,
  jwtIntrospector,
} from "./introspector.ts"
import { signedTokens } from "./jwt.ts"
import { createAnswerReader, createClaimReader, type ReadingOptions } from "./read-claims.ts"
import type { ResolvedStrategy } from "./resolve-strategy.ts"

export interface StrategyParts {
  options: AuthorizationServerOptions
  known: KnownServer
  client: HttpClient
  keys: KeySet
  audience: Audience
  layers: IntrospectorOptions
  surroundings: Surroundings
}

export interface BuiltStrategy {
  introspect: Lookup
  /** Asks the server itself, with nothing remembered and nothing refused here, as a probe does; undefined where nobody is asked. */
  ask?: Introspect
}

export function buildStrategy(strategy: ResolvedStrategy, parts: StrategyParts): BuiltStrategy {
  const { layers } = parts
  if (strategy.name === "jwt")
    return { introspect: jwtIntrospector(layers, signedTokens(layers.cache, signatureCheckOf(parts))) }
  const once = onceOf(strategy, parts)
  const ask = askServer(layers, once)
  if (strategy.name !== "hybrid") return { introspect: introspector(layers, once), ask }
  const { known, audience, surroundings } = parts
  const { now, revocations } = surroundings
  const hybrid = {
    check: signatureCheckOf(parts),
    faultOf: (token: Parameters<typeof faultOf>[0]) =>
      faultOf(token, { issuer: known.issuer(), audience, now: now(), isRevoked: revocations.isRevoked }),
    onlyJwts: known.preset().accessTokens === "jwt",
    signedClaims: new Map(),
  }
  return { introspect: hybridIntrospector(layers, hybrid, once), ask }
}

/** One request to the server. */
function onceOf({ name }: ResolvedStrategy, parts: StrategyParts): Introspect {
  const { options, known, client, surroundings } = parts
  const { now } = surroundings
  const { api } = known.preset()
  const endpoint = () => reachableAt(requireEndpoint(known), known.issuer(), options.internalUrl)
  const asking = { client, endpoint, now, read: createAnswerReader(readingOf(parts)) }
  if (name === "provider-api" && api) return providerIntrospection({ ...asking, api, credentials: options.credentials })
  const { credentials } = options
  if (credentials === undefined) throw new Error("introspection was resolved without credentials")
  return httpIntrospection({ ...asking, credentials, issuer: known.issuer, signed: name === "hybrid" })
}

/** Asked anew each time: a refreshed document may name another. */
function requireEndpoint(known: KnownServer): string {
  const endpoint = known.strategy()?.endpoint
  if (endpoint === undefined) throw new Unavailable("network")
  return endpoint
}

const readingOf = ({ options, known }: StrategyParts): ReadingOptions => ({
  preset: known.preset(),
  settings: settingsOf(options),
  issuer: known.issuer,
  scopePrefix: options.scopePrefix ?? "",
})

const settingsOf = ({ allowedClientIds = [], allowedTenants = [] }: AuthorizationServerOptions) => ({
  allowedClientIds,
  allowedTenants,
})

function signatureCheckOf(parts: StrategyParts) {
  const { keys, known, options } = parts
  const accepts = createIssuerCheck({ known, options })
  return createSignatureCheck({ keys, preset: known.preset(), read: createClaimReader(readingOf(parts)), accepts })
}

/** Whether a token's own word of its issuer fits: byte for byte once the document is known (RFC 9068 §4), by its name until then. */
export function createIssuerCheck({ known, options }: Pick<StrategyParts, "known" | "options">) {
  const settings = settingsOf(options)
  return (named: string, raw: RawClaims): boolean => {
    const documentIssuer = known.issuer()
    if (named === documentIssuer) return true
    if (known.metadata() === undefined && isSameIssuer(named, documentIssuer)) return true
    return known.preset().acceptsIssuer?.(named, { documentIssuer, raw, settings }) ?? false
  }
}
