/** Whether the Redis of the environment answers, and if not, which of address, password and TLS to look at. */
import { closeRedis, connectRedis, createLogger, type RedisSettings, redisConfigured } from "@gatehouse/service-kit"
import { NotChecked } from "./check-list.ts"

const PAUSE_MS = 500

/**
 * Resolves when Redis has answered a PING with these credentials. What may still be starting gets `timeoutMs`.
 * @throws NotChecked when none is configured; Error with a sentence that names what to change
 */
export async function checkRedis(settings: RedisSettings, timeoutMs: number): Promise<void> {
  if (!redisConfigured(settings)) throw new NotChecked("no Redis is configured (REDIS_URL)")
  const redis = connectRedis(settings, createLogger({ name: "redis-check", level: "silent" }))
  let last: Error | undefined
  redis.on("error", (error: Error) => {
    last = error
  })
  const deadline = Date.now() + timeoutMs
  try {
    for (;;) {
      const error = await redis.ping().then(
        () => undefined,
        (reason: Error) => reason,
      )
      if (error === undefined) return
      last = tellsMore(error, last)
      if (refusesUs(last) || Date.now() > deadline) throw new Error(sentenceFor(last, settings))
      await new Promise((later) => setTimeout(later, PAUSE_MS))
    }
  } finally {
    await closeRedis(redis)
  }
}

/** A command fails for want of a connection; why there is none was said by the connection. */
const tellsMore = (error: Error, said: Error | undefined): Error =>
  said !== undefined && !/^(NOAUTH|WRONGPASS|NOPERM)/.test(error.message) ? said : error

const refusesUs = ({ message }: Error): boolean =>
  /^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH|ERR invalid password)/.test(message)

function sentenceFor(error: Error, settings: RedisSettings): string {
  const place = placeOf(settings)
  if (/^NOAUTH/.test(error.message)) return `Redis at ${place} wants a password: set REDIS_PASSWORD`
  if (/^(WRONGPASS|ERR invalid password)/.test(error.message))
    return `Redis at ${place} refuses the user or the password: set REDIS_USERNAME and REDIS_PASSWORD to what it knows`
  if (/^NOPERM/.test(error.message))
    return `Redis at ${place} does not allow its user to do what is needed: see its ACL (${error.message})`
  if (/^ERR AUTH/.test(error.message)) return `Redis at ${place} has no password, and REDIS_PASSWORD gives one`
  const code = "code" in error && typeof error.code === "string" ? error.code : error.message
  return `Redis at ${place} does not answer (${code}): is the address right, does it speak ${settings.REDIS_TLS || settings.REDIS_URL?.startsWith("rediss:") ? "TLS with a certificate that we trust" : "plain text, without TLS"}, and may this pod reach it (NetworkPolicy)?`
}

/** Without user and password. */
function placeOf({ REDIS_URL, REDIS_SENTINELS, REDIS_CLUSTER_NODES }: RedisSettings): string {
  if (REDIS_URL !== undefined) return new URL(REDIS_URL).host
  return (REDIS_SENTINELS ?? REDIS_CLUSTER_NODES ?? []).map(({ host, port }) => `${host}:${port}`).join(", ")
}
