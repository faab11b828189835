/** One life of a verifier in virtual time: an authorization server, every layer before it, and what must never be said. */
import type { RevocationEvent } from "@gatehouse/oauth"
import { createLocalCache } from "../src/cache/local-cache.ts"
import { INACTIVE, type Introspect, type Introspection } from "../src/introspection.ts"
import { judge } from "../src/judge.ts"
import { createCircuitBreaker } from "../src/layers/circuit-breaker.ts"
import { createConcurrencyLimit } from "../src/layers/with-concurrency-limit.ts"
import { createStaleAnswers } from "../src/layers/with-stale-if-error.ts"
import { listening, observerOf } from "../src/observer.ts"
import { defaultLimits } from "../src/options.ts"
import { createRecentRevocations } from "../src/revocation/recent-revocations.ts"
import { watchOutages } from "../src/servers/outage.ts"
import { introspector } from "../src/strategies/introspector.ts"
import { newTrail } from "../src/trail.ts"
import { Unavailable } from "../src/unavailable.ts"
import type { Validation } from "../src/validation.ts"
import { deafHang, hang } from "./layers/scripted-ask.ts"

export const START = 1_800_000_000
const RESOURCE = "https://mcp.test/mcp"
const ISSUER = "https://as.test"
const POSITIVE_SECONDS = 60
const OVERALL_SECONDS = 5
/** From an answer to its last use: on its way, then in the cache; stale answers are used for longer. */
const ANSWER_LIVES_SECONDS = OVERALL_SECONDS + POSITIVE_SECONDS
const SKEW_SECONDS = 5
export const PLACES = { maxConcurrent: 3, maxQueued: 3 }

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}-${i + 1}`)
export const GOOD = numbered("good", 4)
export const DOOMED = numbered("doomed", 4)
export const BRIEF = ["brief-10", "brief-30", "brief-70", "brief-150"]
export const NEVER_ISSUED = numbered("never", 4)
const expiryOf = (token: string) => (token.startsWith("brief") ? START + Number(token.slice(6)) : START + 86_400)

export type Behaviour =
  | { is: "answering"; delayMs: number }
  | { is: "silent" }
  | { is: "deaf" }
  | { is: "failing"; error: Unavailable }

const now = () => Date.now() / 1000
const uptime = () => performance.now() / 1000
/** The same numbers for the same seed. */
const chanceFrom = (seed: number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** The authorization server, and what is true of its tokens. */
function createServer() {
  const revokedAt = new Map<string, number>()
  const vouchedAt = new Map<string, number>()
  let behaviours: [Behaviour, Behaviour] = [
    { is: "answering", delayMs: 0 },
    { is: "answering", delayMs: 0 },
  ]
  let questions = 0
  let busy = 0
  let busiest = 0

  /** Decided when the question comes: the longer the way back, the older the news. */
  const wordOn = (about: string): Introspection => {
    if (about.startsWith("never") || revokedAt.has(about) || expiryOf(about) <= now()) return INACTIVE
    vouchedAt.set(about, now())
    const names = { sub: about, jti: `jti-${about}`, grant_id: `grant-${about}`, client_id: "client-1" }
    return Object.freeze({ active: true, iss: ISSUER, aud: RESOURCE, exp: expiryOf(about), ...names })
  }
  const respond = async (about: string, signal: AbortSignal): Promise<Introspection> => {
    const present = behaviours[questions++ % 2] as Behaviour
    if (present.is === "failing") throw present.error
    if (present.is === "silent") return hang(about, signal)
    if (present.is === "deaf") return deafHang(about, signal)
    const word = wordOn(about)
    if (present.delayMs > 0) await Promise.race([hang(about, signal), later(present.delayMs)])
    return word
  }
  const once: Introspect = async (about, signal) => {
    busiest = Math.max(busiest, ++busy)
    try {
      // What it does not hear of, it goes on with: what matters is how many of us wait.
      return await Promise.race([respond(about, signal), hang(about, signal)])
    } finally {
      busy--
    }
  }
  return {
    once,
    revokedAt,
    vouchedAt,
    busiest: () => busiest,
    behave(first: Behaviour, second: Behaviour = first) {
      behaviours = [first, second]
    },
  }
}

const later = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

interface WorldOptions {
  /** Of all chance. */
  seed: number
  staleIfErrorSeconds: number
}

/** Everything between a request and the server, as it is stacked in earnest. */
function createStack(once: Introspect, { seed, staleIfErrorSeconds }: WorldOptions) {
  const random = chanceFrom(seed)
  const revocations = createRecentRevocations({ uptime })
  const bounds = { positiveSeconds: POSITIVE_SECONDS, negativeSeconds: 5, maxPositive: 100, maxNegative: 5 }
  const cache = createLocalCache({ ...bounds, staleIfErrorSeconds, now, uptime, revocations })
  const stale = createStaleAnswers(cache)
  const outages = watchOutages({ issuer: ISSUER, log: undefined, now })
  const breaker = createCircuitBreaker({ uptime, random })
  const limit = createConcurrencyLimit(PLACES)
  const limits = { ...defaultLimits, ...PLACES, random }
  const observer = observerOf(listening(), "primary")
  const layers = { cache, shared: undefined, stale, outages, limit, breaker, limits, observer, uptime }
  const introspect = introspector(layers, once)
  return { introspect, revocations, cache, stale, outages, breaker, limit }
}

const audience = { accepted: new Set([RESOURCE]), clientIds: new Set<string>(), namesClient: false, mayBeAbsent: false }

/** One life of a verifier: what happens to it, and what it must never say. */
export function createWorld(options: WorldOptions) {
  const server = createServer()
  const { introspect, revocations, cache, ...parts } = createStack(server.once, options)
  const answersLive = ANSWER_LIVES_SECONDS + options.staleIfErrorSeconds
  const told = new Set<string>()
  const faults: string[] = []
  let toldAt = Number.NEGATIVE_INFINITY

  const faultOf = (about: string, validation: Validation): string | undefined => {
    const revoked = server.revokedAt.get(about)
    const vouched = server.vouchedAt.get(about) ?? Number.NEGATIVE_INFINITY
    if (validation.outcome === "invalid") {
      if (about.startsWith("never") || revoked !== undefined || now() >= expiryOf(about)) return undefined
      return `is refused as ${validation.reason}`
    }
    if (validation.outcome === "unavailable") {
      const { retryAfterSeconds: seconds } = validation
      return Number.isInteger(seconds) && seconds >= 1 && seconds <= 60 ? undefined : `is told to wait ${seconds} s`
    }
    if (now() - vouched > answersLive) return "is believed without or beyond an answer"
    if (now() >= expiryOf(about) + SKEW_SECONDS) return "is believed when expired"
    if (told.has(about)) return "is believed when known to be revoked"
    if (revoked !== undefined && now() - revoked > answersLive) return "is believed long after its revocation"
    return undefined
  }
  /** What verifyToken does. Looked at right after the verdict: a moment later, other things may be true. */
  const verify = async (about: string, signal: AbortSignal): Promise<Validation> => {
    const looked = (validation: Validation) => {
      const fault = faultOf(about, validation)
      if (fault !== undefined) faults.push(`${about} at ${now()} ${fault}`)
      return validation
    }
    try {
      const answer = await introspect(about, signal, newTrail())
      return looked(judge(answer, { issuer: ISSUER, audience, now: now(), isRevoked: revocations.isRevoked }))
    } catch (caught) {
      if (!(caught instanceof Unavailable)) throw caught
      const { reason, retryAfterSeconds } = caught
      return looked({ outcome: "unavailable", reason, retryAfterSeconds })
    }
  }
  const ask = async (about: string, hangUpAfterMs?: number) => {
    const began = now()
    const caller = new AbortController()
    const hungUp = new Error("hung up")
    const timer = hangUpAfterMs === undefined ? undefined : setTimeout(() => caller.abort(hungUp), hangUpAfterMs)
    try {
      return await verify(about, caller.signal)
    } catch (caught) {
      if (caught !== hungUp) faults.push(`${about} at ${now()} throws ${caught}`)
      return undefined
    } finally {
      clearTimeout(timer)
      // An answer that news overtook is asked for once more.
      const bound = toldAt >= began - OVERALL_SECONDS ? 2 * OVERALL_SECONDS : OVERALL_SECONDS
      if (now() - began > bound + 0.002) faults.push(`${about} was kept waiting for ${now() - began} s`)
    }
  }
  const revoke = (about: string, by: "token" | "grant" | "subject" | "nobody") => {
    if (!server.revokedAt.has(about)) server.revokedAt.set(about, now())
    if (by === "nobody") return
    const [grantId, jti] = [`grant-${about}`, `jti-${about}`]
    toldAt = now()
    told.add(about)
    if (by === "token") revocations.add({ kind: "token", grantId, jti })
    if (by === "grant") revocations.add({ kind: "grant", grantId })
    if (by === "subject") revocations.add({ kind: "subject", subject: about })
  }
  const tell = (event: RevocationEvent | "gap") => {
    toldAt = now()
    if (event !== "gap") return revocations.add(event)
    revocations.addGap()
    cache.clear()
  }
  return { ...parts, server, faults, ask, revoke, tell }
}

export type World = ReturnType<typeof createWorld>
