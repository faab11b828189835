/** The verifier: header in, one of three outcomes out. Usable on its own, by any resource server. */
import { parseBearer } from "@gatehouse/oauth"
import type { DiscoveredMetadata } from "./discovery/discovery.ts"
import { judge } from "./judge.ts"
import type { Log } from "./log.ts"
import { createRecentRevocations } from "./revocation/recent-revocations.ts"
import type { RevocationFeed } from "./revocation/revocation-feed.ts"
import { type HttpAuthorityOptions, httpAuthority } from "./servers/http-authority.ts"
import { type InProcessIntrospect, inProcessAuthority } from "./servers/in-process-authority.ts"
import { watchOutages } from "./servers/outage.ts"
import { Unavailable } from "./unavailable.ts"
import type { Validation } from "./validation.ts"
import { WrongConfiguration } from "./wrong-configuration.ts"

export interface TokenVerifierOptions {
  /** The canonical resource URL that tokens must be for. */
  audience: string
  /** The authorization server that tokens must come from. */
  issuer: string
  /** How it is asked. */
  authority: { introspect: InProcessIntrospect } | HttpAuthorityOptions
  revocations?: RevocationFeed
  log?: Log
  /** Wall clock, seconds since 1970. */
  now?: () => number
  /** Monotonic clock, seconds: cache times do not follow a wall clock that is set back. */
  uptime?: () => number
}

export interface TokenVerifier {
  /**
   * Reads the token from `IncomingMessage.rawHeaders` and judges it. Two credentials are `malformed`.
   * @param signal the caller's: once aborted, this caller stops waiting and gets the signal's reason thrown; the others do not
   */
  verify(rawHeaders: readonly string[], signal?: AbortSignal): Promise<Validation>
  verifyToken(token: string, signal?: AbortSignal): Promise<Validation>
  /** How tokens are validated and why so, for the start-up line and `/health`. */
  strategy: { name: string; why: string }
  /**
   * Resolves when it can decide for the first time; an outage only delays that.
   * @throws WrongConfiguration with a sentence for the operator
   */
  start(): Promise<void>
  /** The authorization server's own document; undefined when none was discovered. */
  metadata(): DiscoveredMetadata | undefined
  health(): object
  close(): Promise<void>
}

/** @throws WrongConfiguration when nothing says for whom or from whom tokens must be: it would accept them all */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { audience, issuer, log, now = () => Date.now() / 1000, uptime = () => performance.now() / 1000 } = options
  if (audience.trim() === "") throw new WrongConfiguration("no audience to expect: set RESOURCE_URL or BASE_URI")
  if (issuer.trim() === "") throw new WrongConfiguration("no issuer to expect: set AUTH_SERVER_URL")
  const outages = watchOutages({ log, now })
  const revocations = createRecentRevocations({ uptime })
  const surroundings = { issuer, outages, revocations, now, uptime }
  const authority =
    "introspect" in options.authority
      ? inProcessAuthority(options.authority.introspect, surroundings)
      : httpAuthority(options.authority, surroundings)
  const closing = new AbortController()
  const unsubscribe = options.revocations?.subscribe(revocations.add, () => {
    revocations.addGap()
    authority.forget()
  })

  const verifyToken = async (token: string, signal: AbortSignal = closing.signal): Promise<Validation> => {
    try {
      const answer = await authority.introspect(token, signal)
      return judge(answer, { issuer: authority.issuer(), audience, now: now(), isRevoked: revocations.isRevoked })
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      return { outcome: "unavailable", reason: error.reason, retryAfterSeconds: error.retryAfterSeconds }
    }
  }
  return {
    verifyToken,
    async verify(rawHeaders, signal) {
      const credentials = parseBearer(rawHeaders)
      if (credentials.kind === "token") return verifyToken(credentials.token, signal)
      return { outcome: "invalid", reason: credentials.kind === "missing" ? "missing" : "malformed" }
    },
    strategy: authority.strategy,
    start: () => authority.start(closing.signal),
    metadata: authority.metadata,
    health: () => ({
      strategy: authority.strategy,
      issuer: authority.issuer(),
      outage: outages.current() ?? null,
      ...authority.health(),
    }),
    async close() {
      unsubscribe?.()
      closing.abort(new Error("the token verifier is closed"))
      await authority.close()
    },
  }
}
