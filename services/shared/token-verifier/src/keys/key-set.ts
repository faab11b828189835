/** The signing keys of an authorization server, in memory: read rarely, kept through its outages, never read on a stranger's demand. */
import type { HttpClient } from "../http/http-client.ts"
import { untilAborted } from "../http/until-aborted.ts"
import type { Log } from "../log.ts"
import { Unavailable } from "../unavailable.ts"
import { fits } from "./algorithms.ts"
import { type ReadKeys, readKeys, type SigningKey } from "./read-keys.ts"

/** What the header of a token says about its key. */
interface KeyName {
  kid?: string | undefined
  alg: string
}

export interface KeySet {
  /**
   * The one key that a header names. Undefined when the server publishes none such, or several.
   * @throws Unavailable `keys_unavailable` when that cannot be told: keys were never read, could not be read again for a day,
   * or this one is unknown and they cannot be read now; or what `url` throws
   */
  find(name: KeyName, signal: AbortSignal): Promise<SigningKey | undefined>
  /**
   * Reads the keys now: at start, and in the background, so that a key that was taken out is refused from then on.
   * @throws Unavailable; what was read before stays
   */
  refresh(signal: AbortSignal): Promise<void>
  /** How long ago they were read, in seconds; undefined before the first time. */
  ageSeconds(): number | undefined
  health(): {
    keys: number
    /** Seconds since 1970. */
    readAt: number | null
    /** Of the last reading. */
    lastError: string | null
  }
}

export interface KeySetOptions {
  client: HttpClient
  /** Where they are published. Throws Unavailable while that is not known. */
  url: () => string
  /** Seconds since 1970. */
  now: () => number
  /** Monotonic seconds. */
  uptime: () => number
  /** Between readings that tokens with unknown keys cause, failed ones included. */
  cooldownSeconds?: number
  /** How long the last good keys may be used while they cannot be read again. */
  maxAgeSeconds?: number
  /** For one reading, its slow body included. */
  timeoutMs?: number
  log?: Log | undefined
  /** Is told how each reading ended. */
  onRead?: (outcome: "success" | "failure") => void
}

const ACCEPT = "application/jwk-set+json, application/json"

export function createKeySet(options: KeySetOptions): KeySet {
  const { uptime, cooldownSeconds = 30, maxAgeSeconds = 86_400 } = options
  const reader = createKeyReader(options)

  const usable = () => {
    const last = reader.last()
    return last && uptime() - last.uptime < maxAgeSeconds ? last.keys : []
  }
  /** Reads for a key that is not there, unless that was done just now: then the end of the last reading is the answer. */
  const readAgain = async (): Promise<void> => {
    if (reader.isQuiet()) {
      if (reader.underWay()) return reader.underWay()
      if (reader.failure() || usable().length === 0) throw reader.keysUnavailable()
      return
    }
    const started = reader.read()
    reader.beQuiet(cooldownSeconds)
    return started
  }
  return {
    async find(name, signal) {
      let found = select(usable(), name)
      // A reading that began before this token came may have missed its key; another may be due then.
      const reading = reader.underWay()
      if (found === "unknown" && reading) {
        await untilAborted(reading, signal)
        found = select(usable(), name)
      }
      if (found === "unknown") {
        signal.throwIfAborted() // nobody would be there to see the reading fail
        await untilAborted(readAgain(), signal)
        found = select(usable(), name)
      }
      return typeof found === "string" ? undefined : found
    },
    refresh: async (signal) => untilAborted(reader.read(), signal),
    ageSeconds() {
      const last = reader.last()
      return last && uptime() - last.uptime
    },
    health: () => healthOf(usable(), reader),
  }
}

const healthOf = (usable: readonly SigningKey[], reader: KeyReader): ReturnType<KeySet["health"]> => {
  const [last, failure] = [reader.last(), reader.failure()]
  return {
    keys: usable.length,
    readAt: last ? Math.floor(last.at) : null,
    lastError: failure ? describe(failure) : null,
  }
}

type KeyReader = ReturnType<typeof createKeyReader>

/** Reads the keys, once for all who want that at once; knows what was read last, and how the last reading ended. */
function createKeyReader({ client, url, now, uptime, timeoutMs = 5000, log, onRead }: KeySetOptions) {
  let last: { keys: readonly SigningKey[]; at: number; uptime: number } | undefined
  let failure: Unavailable | undefined
  let reading: Promise<void> | undefined
  let quietUntil = Number.NEGATIVE_INFINITY

  const beQuiet = (seconds: number) => {
    quietUntil = Math.max(quietUntil, uptime() + seconds)
  }
  const keysUnavailable = () => {
    const left = Math.ceil(quietUntil - uptime())
    return new Unavailable("keys_unavailable", { cause: failure?.cause, ...(left > 0 && { retryAfterSeconds: left }) })
  }
  const succeed = ({ keys, skipped }: ReadKeys) => {
    if (failure || kidsOf(keys) !== kidsOf(last?.keys))
      log?.info({ kids: kidsOf(keys), skipped }, "the signing keys were read")
    last = { keys, at: now(), uptime: uptime() }
    failure = undefined
    onRead?.("success")
  }
  const fail = (error: unknown): never => {
    if (!(error instanceof Unavailable)) throw error
    onRead?.("failure")
    if (error.askedToWait) beQuiet(error.retryAfterSeconds)
    if (!failure) log?.warn({ why: describe(error) }, "the signing keys cannot be read")
    failure = error
    throw keysUnavailable()
  }
  return {
    /** It belongs to none of those who wait for it: whoever hangs up only stops waiting. */
    read(): Promise<void> {
      if (reading) return reading
      reading = fetchKeys(client, url(), timeoutMs)
        .then(succeed, fail)
        .finally(() => {
          reading = undefined
        })
      reading.catch(() => {}) // everyone may have hung up
      return reading
    },
    beQuiet,
    isQuiet: () => uptime() < quietUntil,
    keysUnavailable,
    underWay: () => reading,
    last: () => last,
    failure: () => failure,
  }
}

/** Trying all that might fit would let any key of the set vouch for any token: of several, none is meant. */
function select(keys: readonly SigningKey[], { kid, alg }: KeyName): SigningKey | "unknown" | "ambiguous" | "unfit" {
  const named = kid === undefined ? keys : keys.filter((key) => key.kid === kid)
  const [only, another] = named.filter(({ jwk }) => fits(jwk, alg))
  if (another) return "ambiguous"
  return only ?? (kid !== undefined && named.length > 0 ? "unfit" : "unknown")
}

async function fetchKeys(client: HttpClient, url: string, timeoutMs: number): Promise<ReadKeys> {
  const signal = AbortSignal.timeout(timeoutMs)
  const answer = await client.ask(url, { operation: "jwks.fetch", method: "GET", headers: { accept: ACCEPT }, signal })
  const { status, json, retryAfterSeconds } = answer
  if (status !== 200)
    throw new Unavailable("bad_response", { cause: new Error(`${url} answered ${status}`), retryAfterSeconds })
  return readKeys(json)
}

const kidsOf = (keys: readonly SigningKey[] | undefined) => keys?.map(({ kid }) => kid ?? "(none)").join(" ")

const describe = ({ reason, cause }: Unavailable): string =>
  cause instanceof Error ? `${reason}: ${cause.message}` : reason
