/** What is known of an authorization server in another process: its document and the strategy that follows from it, kept fresh. */
import { setTimeout as pause } from "node:timers/promises"
import type { HttpClient } from "../http/http-client.ts"
import type { Log } from "../log.ts"
import type { AuthorizationServerOptions, Limits } from "../options.ts"
import { findPreset } from "../providers/index.ts"
import type { ProviderPreset } from "../providers/preset.ts"
import type { OutageWatch } from "../servers/outage.ts"
import { needsNoDiscovery, type ResolvedStrategy, resolveStrategy } from "../strategies/resolve-strategy.ts"
import { Unavailable } from "../unavailable.ts"
import { WrongConfiguration } from "../wrong-configuration.ts"
import { type DiscoveredMetadata, discoverMetadata } from "./discovery.ts"

export interface KnownServer {
  /** By its name or host; our own server is known by its document. */
  preset(): ProviderPreset
  /** As its own document writes it; until then as the operator does. */
  issuer(): string
  metadata(): DiscoveredMetadata | undefined
  /** Undefined until it can be told. */
  strategy(): ResolvedStrategy | undefined
  /**
   * Resolves when the strategy is known and `ready` has succeeded; an outage only delays that.
   * @throws WrongConfiguration
   */
  start(signal: AbortSignal): Promise<void>
}

export interface KnownServerOptions {
  options: AuthorizationServerOptions
  client: HttpClient
  limits: Limits
  outages: OutageWatch
  log: Log | undefined
  /** What else must be read before anything can be decided, and again with each refresh: signing keys. */
  readKeys: (strategy: ResolvedStrategy, signal: AbortSignal) => Promise<void>
}

export function createKnownServer(own: KnownServerOptions): KnownServer {
  const { options, limits, outages } = own
  const known = createKnowledge(own)

  const refresh = async (signal: AbortSignal) => {
    try {
      await known.read(signal)
      // Where it is asked nothing else, reading its document and keys is all that tells of an outage's end.
      if (known.strategy()?.name === "jwt") outages.recovered()
    } catch (error) {
      if (!signal.aborted) noteFailure(error, own)
    }
  }
  /** The last good document and keys are used until better ones can be read. */
  const keepFresh = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      if (known.strategy()?.name === "provider-api") void known.readForShow(signal)
      await pause(limits.refreshSeconds * 1000, undefined, { signal, ref: false }).catch(() => {})
      if (!signal.aborted) await refresh(signal)
    }
  }
  return {
    preset: known.preset,
    issuer: () => issuerOf(options.issuer, known.metadata(), known.preset()),
    metadata: known.metadata,
    strategy: known.strategy,
    async start(signal) {
      while (known.strategy() === undefined) {
        try {
          await known.read(signal)
          outages.recovered()
        } catch (error) {
          if (!(error instanceof Unavailable)) throw error
          outages.failed(error)
          await pause(limits.rediscoverSeconds * 1000, undefined, { signal })
        }
      }
      void keepFresh(signal)
    },
  }
}

/** The last good document, and what follows from it; replaced as a whole, or not at all. */
function createKnowledge({ options, client, limits, readKeys }: KnownServerOptions) {
  let preset = findPreset(options)
  let metadata: DiscoveredMetadata | undefined
  let strategy: ResolvedStrategy | undefined

  const discover = (signal: AbortSignal) => {
    const { issuer, internalUrl } = options
    return discoverMetadata({ client, issuer, named: preset.issuerOf?.(issuer) ?? issuer, internalUrl, signal })
  }
  return {
    preset: () => preset,
    metadata: () => metadata,
    strategy: () => strategy,
    async read(signal: AbortSignal) {
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(limits.overallTimeoutMs)])
      const document = needsNoDiscovery({ options, preset }) ? undefined : await discover(inTime)
      const recognized = findPreset(options, document)
      const resolved = await resolveStrategy({ options, preset: recognized, metadata: document })
      // What was built for a strategy stays, and may only be sent elsewhere.
      if (strategy !== undefined && resolved.name !== strategy.name)
        throw new WrongConfiguration(
          `${options.issuer} now publishes what ${resolved.name} needs, not ${strategy.name}`,
        )
      await readKeys(resolved, inTime)
      metadata = document
      preset = recognized
      strategy = resolved
    },
    /** For whoever asks us for it: nothing waits for a document that decides nothing. */
    async readForShow(signal: AbortSignal) {
      metadata = await discover(signal).catch(() => metadata)
    },
  }
}

/** An outage is the server's; what is readable and unusable is a person's to mend, and changes nothing until then. */
function noteFailure(error: unknown, { outages, log }: KnownServerOptions): void {
  if (error instanceof Unavailable) outages.failed(error)
  else
    log?.error({ why: String(error) }, "the authorization server publishes something unusable: what was known is kept")
}

/** A document for many tenants names none (`…/{tenantid}/v2.0`): then the operator's spelling is the name. */
function issuerOf(configured: string, metadata: DiscoveredMetadata | undefined, preset: ProviderPreset): string {
  const named = metadata?.issuer ?? preset.issuerOf?.(configured) ?? configured
  return named.includes("{") ? configured : named
}
