/** The verifier: header in, one of three outcomes out. Usable on its own, by any resource server. */
import { parseBearer } from "@gatehouse/oauth"
import type { DiscoveredMetadata } from "./discovery/discovery.ts"
import { createHttpClient } from "./http/http-client.ts"
import { listening, type ObservedValidation, observerOf, positionOf, type ServerPosition } from "./observer.ts"
import { defaultCacheBounds, defaultLimits, type TokenVerifierOptions } from "./options.ts"
import { createRecentRevocations } from "./revocation/recent-revocations.ts"
import { askAndJudge } from "./servers/ask-and-judge.ts"
import type { Authority, AuthorityStats, StrategyReport } from "./servers/authority.ts"
import { createAuthority } from "./servers/create-authority.ts"
import { startAll } from "./servers/start-all.ts"
import { traceValidation } from "./servers/trace-validation.ts"
import { type Judgement, refusedHere, validateWith } from "./servers/validate-with.ts"
import type { Validation } from "./validation.ts"
import { verifyInBatches } from "./verify-many.ts"
import { WrongConfiguration } from "./wrong-configuration.ts"

/** One authorization server, as whoever publishes or shows it needs it. */
export interface ServerReport {
  /** As its own document writes it (RFC 8414 §2): for the protected resource metadata, byte for byte. */
  issuer: string
  strategy: StrategyReport
  /** Its own document; undefined when none was discovered. */
  metadata: DiscoveredMetadata | undefined
  scopePrefix: string
  /** What clients are told to ask for there, in place of our own scopes. */
  advertisedScopes: readonly string[] | undefined
}

/** One authorization server in numbers, as they are now. */
export interface ServerStats extends AuthorityStats {
  server: ServerPosition
}

export interface TokenVerifier {
  /**
   * Reads the token from `IncomingMessage.rawHeaders` (RFC 6750 §2.1) and judges it. Two credentials are `malformed`.
   * @param signal the caller's: once aborted, this caller stops waiting and gets the signal's reason thrown; the others do not
   */
  verify(rawHeaders: readonly string[], signal?: AbortSignal): Promise<Validation>
  /** The same for a token that was read already. */
  verifyToken(token: string, signal?: AbortSignal): Promise<Validation>
  /** Judges a batch, at most 256 at once, over the same connections and single flight; answers in the order of the tokens. */
  verifyMany(tokens: readonly string[], signal?: AbortSignal): Promise<Validation[]>
  /** In the order of the options; the first is the one that clients are sent to. */
  servers(): readonly ServerReport[]
  /**
   * Resolves when the first of the servers can be decided for; the others follow. An outage only delays that.
   * @throws WrongConfiguration with a sentence for the operator
   */
  start(): Promise<void>
  health(): object
  /** In the order of the options. */
  stats(): readonly ServerStats[]
  close(): Promise<void>
}

/**
 * Creates a verifier; nothing is asked before `start()`.
 * @throws WrongConfiguration when nothing says for whom or from whom tokens must be: it would accept them all
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  checkOptions(options)
  const { now = () => Date.now() / 1000, uptime = () => performance.now() / 1000 } = options
  const limits = { ...defaultLimits, ...options.limits }
  const cache = { ...defaultCacheBounds, ...options.cache }
  const memorySeconds =
    cache.positiveSeconds + limits.staleIfErrorSeconds + limits.overallTimeoutMs / 1000 + MARGIN_SECONDS
  const revocations = createRecentRevocations({ uptime, memorySeconds, position: options.revocations?.position })
  const client = createHttpClient({
    timeoutMs: limits.perTryTimeoutMs,
    ...(options.dispatcher && { dispatcher: options.dispatcher }),
  })
  const { audience: resource, shared, log } = options
  const parts = { resource, shared, log, now, uptime, limits, cache, recent: revocations, client }
  const observer = listening(options.observer)
  const authorities = options.servers.map((server, i) =>
    createAuthority(server, observerOf(observer, positionOf(i)), parts),
  )
  const closing = new AbortController()
  const unsubscribe = options.revocations?.subscribe(revocations.add, (id) => {
    revocations.addGap(id)
    for (const { forget } of authorities) forget()
  })

  const validate = askAndJudge({ revocations, now })
  const tell = (judgement: Judgement, begunAt: number): Validation => {
    observer.validated(observationOf(judgement, { authorities, seconds: uptime() - begunAt }))
    return judgement.validation
  }
  const verifyToken = async (token: string, signal: AbortSignal = closing.signal) => {
    const begunAt = uptime()
    return tell(await traceValidation(() => validateWith(authorities, { token, signal, validate })), begunAt)
  }
  return {
    verifyToken,
    async verify(rawHeaders, signal) {
      const credentials = parseBearer(rawHeaders)
      if (credentials.kind === "token") return verifyToken(credentials.token, signal)
      const refused = refusedHere(credentials.kind === "missing" ? "missing" : "malformed")
      return tell(await traceValidation(async () => refused), uptime())
    },
    verifyMany: (tokens, signal) => verifyInBatches(tokens, (token) => verifyToken(token, signal)),
    servers: () => authorities.map(reportOf),
    start: () =>
      startAll(authorities, {
        signal: closing.signal,
        onWrong: (error, authority) => log?.error({ issuer: authority.issuer(), why: String(error) }, WILL_NOT_SERVE),
      }),
    health: () => ({ servers: authorities.map(healthOf) }),
    stats: () => authorities.map((authority, i) => ({ server: positionOf(i), ...authority.stats() })),
    async close() {
      unsubscribe?.()
      closing.abort(new Error("the token verifier is closed"))
      await Promise.all(authorities.map((authority) => authority.close()))
      await client.close()
    },
  }
}

const WILL_NOT_SERVE = "tokens of one authorization server will not be accepted until its configuration is mended"

/** Of clocks and of the way from Redis to here. */
const MARGIN_SECONDS = 60

function checkOptions({ audience, servers }: TokenVerifierOptions): void {
  if (audience.trim() === "") throw new WrongConfiguration("no audience to expect: set RESOURCE_URL or BASE_URI")
  if (servers.length === 0 || servers.some(({ issuer }) => issuer.trim() === ""))
    throw new WrongConfiguration("no issuer to expect: set AUTH_SERVER_URL")
}

const observationOf = (
  { validation, authority, cache }: Judgement,
  { authorities, seconds }: { authorities: readonly Authority[]; seconds: number },
): ObservedValidation => ({
  server: authority === undefined ? "none" : positionOf(authorities.indexOf(authority)),
  outcome: validation.outcome,
  reason: validation.outcome === "valid" ? "none" : validation.reason,
  strategy: authority?.strategy().name ?? "none",
  cache,
  seconds,
})

const reportOf = ({ issuer, strategy, metadata, scopePrefix, advertisedScopes }: Authority): ServerReport => ({
  issuer: issuer(),
  strategy: strategy(),
  metadata: metadata(),
  scopePrefix,
  advertisedScopes,
})

const healthOf = (authority: Authority) => ({
  issuer: authority.issuer(),
  strategy: authority.strategy(),
  ...authority.health(),
})
