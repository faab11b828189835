/** An authorization server that is asked over HTTP, once its introspection endpoint is known. */
import { setTimeout as pause } from "node:timers/promises"
import type { BasicCredentials } from "@gatehouse/oauth"
import { type CacheBounds, createLocalCache } from "../cache/local-cache.ts"
import { type DiscoveredMetadata, discoverMetadata } from "../discovery/discovery.ts"
import { reachableAt } from "../discovery/issuer.ts"
import { createHttpClient } from "../http/http-client.ts"
import { REVOCATION_MEMORY_SECONDS } from "../revocation/recent-revocations.ts"
import { createIntrospector } from "../strategies/introspector.ts"
import { Unavailable } from "../unavailable.ts"
import { WrongConfiguration } from "../wrong-configuration.ts"
import type { Authority, Surroundings } from "./authority.ts"

export interface HttpAuthorityOptions {
  /** Who we are to the authorization server. */
  credentials: BasicCredentials
  /** Where this process reaches the issuer, when that is somewhere else. */
  internalUrl?: string
  /** The introspection endpoint; given, nothing is discovered. */
  endpoint?: string
  cache?: Partial<CacheBounds>
  /** Default 2000. */
  perTryTimeoutMs?: number
  /** Default 5000. */
  overallTimeoutMs?: number
  /** Pause between tries to read the metadata at start; default 2. */
  rediscoverSeconds?: number
}

const defaultCache: CacheBounds = {
  positiveSeconds: 60,
  negativeSeconds: 5,
  maxPositive: 100_000,
  maxNegative: 10_000,
}

export function httpAuthority(options: HttpAuthorityOptions, surroundings: Surroundings): Authority {
  const { credentials, internalUrl, perTryTimeoutMs = 2000, overallTimeoutMs = 5000, rediscoverSeconds = 2 } = options
  const { issuer, outages, uptime } = surroundings
  const client = createHttpClient({ timeoutMs: perTryTimeoutMs })
  const bounds = { ...defaultCache, ...options.cache }
  if (bounds.positiveSeconds + overallTimeoutMs / 1000 > REVOCATION_MEMORY_SECONDS)
    throw new RangeError(`an answer must not outlive the memory of revocations, ${REVOCATION_MEMORY_SECONDS} s`)
  const cache = createLocalCache({ ...surroundings, ...bounds })
  let metadata: DiscoveredMetadata | undefined
  let endpoint = options.endpoint

  const start = async (signal: AbortSignal) => {
    while (endpoint === undefined) {
      try {
        const inTime = AbortSignal.any([signal, AbortSignal.timeout(overallTimeoutMs)])
        metadata = await discoverMetadata({ client, issuer, internalUrl, signal: inTime })
        endpoint = introspectionEndpoint(metadata, internalUrl)
        outages.recovered()
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error
        outages.failed(error)
        await pause(rediscoverSeconds * 1000, undefined, { signal })
      }
    }
  }
  const knownEndpoint = () => {
    if (endpoint === undefined) throw new Unavailable(outages.current()?.reason ?? "network")
    return endpoint
  }
  const http = { client, endpoint: knownEndpoint, credentials }
  const source = endpoint === undefined ? "the metadata of the issuer" : "INTROSPECTION_URL"
  return {
    strategy: { name: "introspection", why: `credentials are configured, and the endpoint is known from ${source}` },
    introspect: createIntrospector({ cache, outages, uptime, overallTimeoutMs, perTryTimeoutMs, http }),
    issuer: () => metadata?.issuer ?? issuer,
    metadata: () => metadata,
    start,
    forget: cache.clear,
    health: () => ({ endpoint: endpoint ?? null, cached: cache.size() }),
    close: client.close,
  }
}

/** @throws WrongConfiguration */
function introspectionEndpoint(metadata: DiscoveredMetadata, internalUrl: string | undefined): string {
  const { issuer, introspection_endpoint: endpoint } = metadata
  if (typeof endpoint !== "string" || !URL.canParse(endpoint))
    throw new WrongConfiguration(`${issuer} publishes no introspection_endpoint: set INTROSPECTION_URL`)
  // Our secret would travel in the clear.
  if (issuer.startsWith("https:") && !endpoint.startsWith("https:"))
    throw new WrongConfiguration(`${issuer} publishes the introspection_endpoint ${endpoint}, which is not https`)
  return reachableAt(endpoint, issuer, internalUrl)
}
