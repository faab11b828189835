/** An authorization server in another process: what is known of it, how it is asked, and what is remembered of its answers. */
import { type CacheBounds, createLocalCache } from "../cache/local-cache.ts"
import type { SharedCache } from "../cache/shared-cache.ts"
import { reachableAt } from "../discovery/issuer.ts"
import { createKnownServer, type KnownServer } from "../discovery/known-server.ts"
import type { HttpClient } from "../http/http-client.ts"
import type { Audience } from "../judge.ts"
import { createKeySet, type KeySet } from "../keys/key-set.ts"
import { createCircuitBreaker } from "../layers/circuit-breaker.ts"
import { createProbe } from "../layers/probe.ts"
import { createConcurrencyLimit } from "../layers/with-concurrency-limit.ts"
import { createStaleAnswers } from "../layers/with-stale-if-error.ts"
import type { Log } from "../log.ts"
import type { AuthorizationServerOptions, Limits } from "../options.ts"
import { findPreset } from "../providers/index.ts"
import type { ProviderPreset } from "../providers/preset.ts"
import { type BuiltStrategy, buildStrategy, createIssuerCheck } from "../strategies/build-strategy.ts"
import type { IntrospectorOptions } from "../strategies/introspector.ts"
import type { ResolvedStrategy } from "../strategies/resolve-strategy.ts"
import { Unavailable } from "../unavailable.ts"
import type { InvalidReason } from "../validation.ts"
import type { Authority, StrategyReport, Surroundings } from "./authority.ts"

export interface HttpAuthorityParts {
  surroundings: Surroundings
  /** Canonical resource URL. */
  resource: string
  client: HttpClient
  limits: Limits
  cache: CacheBounds
  shared: SharedCache | undefined
  log: Log | undefined
}

/** @throws WrongConfiguration for a provider that nobody knows */
export function httpAuthority(options: AuthorizationServerOptions, parts: HttpAuthorityParts): Authority {
  const { surroundings, limits, log } = parts
  const { outages } = surroundings
  const preset = findPreset(options)
  const audience = audienceOf(options, preset, parts.resource)
  const { known, keys } = createKnowledge(options, parts)
  const layers = createLayers(parts)
  let built: BuiltStrategy | undefined
  const probe = createProbe({
    ask: async (signal) => built?.ask?.(preset.api?.probeToken ?? PROBE_TOKEN, signal),
    everySeconds: limits.probeSeconds,
    breaker: layers.breaker,
  })
  return {
    strategy: () => reportOf(known),
    introspect: (token, signal, trail) =>
      built?.introspect(token, signal, trail) ??
      Promise.reject(new Unavailable(outages.current()?.reason ?? "network")),
    issuer: known.issuer,
    accepts: createIssuerCheck({ known, options }),
    audience,
    scopePrefix: options.scopePrefix ?? "",
    advertisedScopes: preset.advertisedScopes,
    metadata: known.metadata,
    refused: sayOnce(known, log),
    async start(signal) {
      await known.start(signal)
      const strategy = known.strategy()
      if (strategy === undefined) return
      built = buildStrategy(strategy, { ...parts, options, known, keys, audience, layers })
      const { warning, name: provider } = known.preset()
      if (warning !== undefined) log?.warn({ issuer: known.issuer(), provider }, warning)
      if (built.ask !== undefined) probe.start()
    },
    forget: layers.cache.clear,
    health: () => ({
      provider: known.preset().name,
      outage: outages.current() ?? null,
      endpoint: known.strategy()?.endpoint ?? null,
      ...healthOf(layers),
      keys: known.strategy()?.jwksUri === undefined ? null : keys.health(),
    }),
    stats: () => statsOf({ known, keys, layers }),
    close: async () => probe.close(),
  }
}

/** Its document, and the keys that the document leads to. */
function createKnowledge(
  options: AuthorizationServerOptions,
  { surroundings, client, limits, log }: HttpAuthorityParts,
): { known: KnownServer; keys: KeySet } {
  const { now, uptime, outages, observer } = surroundings
  let jwksUri: string | undefined
  const url = () => {
    if (jwksUri === undefined) throw new Unavailable("keys_unavailable")
    return reachableAt(jwksUri, known.issuer(), options.internalUrl)
  }
  const keys = createKeySet({
    client,
    url,
    now,
    uptime,
    timeoutMs: limits.overallTimeoutMs,
    onRead: observer.keysRead,
    ...(log && { log }),
  })
  const readKeys = async (strategy: ResolvedStrategy, signal: AbortSignal) => {
    jwksUri = strategy.jwksUri
    if (jwksUri !== undefined) await keys.refresh(signal)
  }
  const known: KnownServer = createKnownServer({ options, client, limits, outages, log, readKeys })
  return { known, keys }
}

function createLayers(parts: HttpAuthorityParts): IntrospectorOptions {
  const { surroundings, limits, shared, log } = parts
  const { outages, observer, uptime } = surroundings
  const cache = createLocalCache({
    ...surroundings,
    ...parts.cache,
    staleIfErrorSeconds: limits.staleIfErrorSeconds,
    onEvicted: observer.evicted,
  })
  return {
    cache,
    shared,
    stale: createStaleAnswers(cache, observer.staleServed),
    outages,
    limit: createConcurrencyLimit(limits),
    breaker: createCircuitBreaker({ uptime, ...(log && { log }) }),
    limits,
    observer,
    uptime,
  }
}

const healthOf = ({ breaker, limit, cache, stale, shared }: IntrospectorOptions) => ({
  circuit: breaker.state(),
  inFlight: limit.inFlight(),
  queued: limit.queued(),
  cached: cache.size(),
  shared: shared?.health() ?? null,
  staleServed: stale.served(),
})

function statsOf({ known, keys, layers }: { known: KnownServer; keys: KeySet; layers: IntrospectorOptions }) {
  const { breaker, limit, cache, outages } = layers
  const strategy = known.strategy()
  const { keys: count, lastError } = keys.health()
  // Good keys are kept through an outage, so that tokens tell nothing of it where nobody else is asked.
  const unread = strategy?.name === "jwt" && lastError !== null
  return {
    up: strategy !== undefined && outages.current() === undefined && !unread,
    circuit: breaker.state(),
    inFlight: limit.inFlight(),
    queued: limit.queued(),
    cached: cache.size(),
    keys: strategy?.jwksUri === undefined ? undefined : { count, ageSeconds: keys.ageSeconds() },
  }
}

function reportOf(known: KnownServer): StrategyReport {
  const strategy = known.strategy()
  if (strategy === undefined) return { name: "undecided", why: "the authorization server has not been reached yet" }
  return { name: strategy.name, why: strategy.why }
}

/** What an operator can do about a kind of refusal: once, since the same clients come again and again. */
function sayOnce(known: KnownServer, log: Log | undefined): (reason: InvalidReason) => void {
  const said = new Set<InvalidReason>()
  return (reason) => {
    const hint = known.preset().hints?.[reason]
    if (hint === undefined || said.has(reason)) return
    said.add(reason)
    log?.warn({ issuer: known.issuer(), reason }, hint)
  }
}

/** No server issued it, and none can: it is asked about to learn whether there is an answer at all. */
const PROBE_TOKEN = "gatehouse-probe"

function audienceOf(options: AuthorizationServerOptions, preset: ProviderPreset, resource: string): Audience {
  const { allowedClientIds = [], allowedAudiences = [], credentials } = options
  // "https://host" is "https://host/" to whoever normalises URLs (RFC 3986 §6.2.3).
  const spellings = new URL(resource).pathname === "/" ? [resource, `${resource.replace(/\/$/, "")}/`] : [resource]
  const own = preset.audience === "client" && allowedClientIds.length === 0 ? (credentials?.clientId ?? "") : ""
  return {
    accepted: new Set([...spellings, ...allowedAudiences]),
    clientIds: new Set(own === "" ? allowedClientIds : [own]),
    namesClient: preset.audience === "client",
    mayBeAbsent: preset.audienceMayBeAbsent ?? false,
  }
}
