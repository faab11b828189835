/** What stands in Redis: every key with a TTL, no secret, as `stores/redis/keys.ts` says; and what each operation costs. */
import { askRedis, manualClock, type RedisServer, startRedis } from "@gatehouse/test-kit"
import { Redis } from "ioredis"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { hashOf, newSecret } from "../../src/domain/hash.ts"
import type { Stores } from "../../src/domain/ports.ts"
import { connect, openReplicas } from "./connect.ts"
import type { OpenedStores } from "./contract.ts"
import { aClient, aCode, aGrant, anAccessToken, aPending, aRotation } from "./records.ts"

const clock = manualClock()
const { now } = clock

describe("OAuth stores in Redis, key by key", () => {
  let redis: RedisServer
  let opened: OpenedStores
  let inspect: Redis
  let stores: Stores
  beforeAll(async () => {
    redis = await startRedis()
    opened = openReplicas({ REDIS_URL: redis.url }, now)
    stores = opened.replicas[0]
    inspect = new Redis(redis.port, "127.0.0.1")
  })
  beforeEach(() => inspect.flushall())
  afterAll(async () => {
    inspect.disconnect()
    await opened.close()
    await redis.stop()
  })

  const dump = async () => {
    const entries = await Promise.all(
      (await inspect.keys("*")).map(async (key) => [key, await readKey(inspect, key)] as const),
    )
    return new Map(entries)
  }

  /** Everything that can happen, once. Returns every secret that was used on the way. */
  const liveThroughAll = async () => {
    const secrets = Array.from({ length: 8 }, () => newSecret())
    const [transaction = "", code = "", refresh = "", next = "", access = "", access2 = "", jti = "", browser = ""] =
      secrets
    const client = aClient()
    await stores.clients.save(client, now() + 3_600)
    await stores.clients.renew(client.clientId, now() + 7_200)
    const pending = { ...aPending(now() + 600), browserHash: hashOf(browser) }
    await stores.pendingAuthorizations.save(hashOf(transaction), pending)
    await stores.pendingAuthorizations.approve(hashOf(transaction), now())
    await stores.pendingAuthorizations.take(hashOf(transaction), "attempt")
    const grant = aGrant(now(), { clientId: client.clientId })
    const { grantId } = grant
    await stores.grants.create(grant, now() + 600)
    await stores.authorizationCodes.save(hashOf(code), aCode(now() + 600, grantId))
    await stores.authorizationCodes.recordFailure(grantId, hashOf(code), 5)
    await stores.authorizationCodes.take(grantId, hashOf(code), "attempt")
    const token = { ...anAccessToken(grant, now() + 900), hash: hashOf(access) }
    await stores.grants.issue(grantId, token, { hash: hashOf(refresh), expiresAt: now() + 7_200 })
    const rotation = aRotation(grant, hashOf(refresh), now())
    rotation.successor.hash = hashOf(next)
    rotation.accessToken.hash = hashOf(access2)
    rotation.sealedSuccessor = "sealed"
    await stores.grants.rotate(rotation)
    await stores.grants.revokeAccessToken(grantId, hashOf(access))
    await stores.grants.revoke(grantId)
    await stores.grants.revoke(aGrant(now()).grantId)
    await stores.revocations.publish({ kind: "grant", grantId })
    await stores.replays.first(hashOf(jti), "attempt", now() + 60)
    await stores.developmentKeys.findOrSave("development keys")
    return secrets
  }

  it("gives every key a TTL, and uses every family that keys.ts lists, behind the prefix", async () => {
    await liveThroughAll()
    const keys = await inspect.keys("*")
    const ttls = await Promise.all(keys.map(async (key) => [key, await inspect.pttl(key)] as const))
    expect(ttls.filter(([, ttl]) => ttl <= 0)).toEqual([])
    const families = new Set(keys.map((key) => /^gatehouse:(auth:[a-z-]+)/.exec(key)?.[1]))
    const listed = ["client", "pending", "exch", "grant", "installation", "refresh", "successor", "subject"]
    listed.push("client-grants", "assertion", "development-keys", "revocations")
    expect([...families].sort()).toEqual(listed.map((family) => `auth:${family}`).sort())
  })

  it("D17 stores no token, code, secret or id of a transaction in any key or value", async () => {
    const secrets = await liveThroughAll()
    const everything = JSON.stringify([...(await dump())])
    for (const secret of secrets) expect(everything).not.toContain(secret)
    expect(everything).toContain("auth:installation") // it was the dump that was searched
  })

  it("lets keys live as long as what they hold, by our clock", async () => {
    const grant = aGrant(now())
    await stores.grants.create(grant, now() + 600)
    const key = `gatehouse:auth:grant:{${grant.grantId}}`
    expect(await inspect.pttl(key)).toBeGreaterThan(599_000)
    await stores.grants.issue(grant.grantId, anAccessToken(grant, now() + 7_200))
    expect(await inspect.pttl(key)).toBeGreaterThan(7_199_000)
    expect(await inspect.pttl(key)).toBeLessThanOrEqual(7_200_000)
    await stores.grants.revoke(grant.grantId)
    expect(await inspect.pttl(key)).toBeGreaterThan(7_199_000)
  })

  it("D10 leaves no key without a TTL when what it was about has just expired", async () => {
    const transaction = hashOf(newSecret())
    await stores.pendingAuthorizations.save(transaction, aPending(now() - 1))
    await stores.pendingAuthorizations.approve(transaction, now())
    await stores.grants.create(aGrant(now() - 100, { absoluteExpiresAt: now() - 1 }), now() + 600)
    const ttls = await Promise.all((await inspect.keys("*")).map((key) => inspect.pttl(key)))
    expect(ttls.filter((ttl) => ttl > 1 || ttl === -1)).toEqual([])
  })

  it("trims an index of grants when one is added, and keeps it as long as its last member", async () => {
    const subject = "demo|ann"
    const key = `gatehouse:auth:subject:${hashOf(subject)}`
    await stores.grants.create(aGrant(now(), { subject, absoluteExpiresAt: now() + 1_000 }), now() + 600)
    await stores.grants.create(aGrant(now(), { subject, absoluteExpiresAt: now() + 100 }), now() + 100)
    expect(await inspect.pttl(key)).toBeGreaterThan(999_000)
    clock.advance(100)
    await stores.grants.create(aGrant(now(), { subject, absoluteExpiresAt: now() + 100 }), now() + 100)
    expect(await inspect.zcard(key)).toBe(2)
  })

  it("appends revocations a field for each member, in order, and trims those older than an hour", async () => {
    const stream = "gatehouse:auth:revocations"
    for (let i = 1; i <= 500; i++) await inspect.xadd(stream, `${i}-0`, "kind", "grant", "grantId", "old")
    await stores.revocations.publish({ kind: "token", grantId: "g", jti: "j" })
    await stores.revocations.publish({ kind: "subject", subject: "demo|ann" })
    const entries = await inspect.xrange(stream, "-", "+")
    expect(entries.map(([, fields]) => fields).slice(-2)).toEqual([
      ["kind", "token", "grantId", "g", "jti", "j"],
      ["kind", "subject", "subject", "demo|ann"],
    ])
    expect(entries.length).toBeLessThan(200)
    expect(await inspect.pttl(stream)).toBeGreaterThan(3_599_000)
  })

  it("introspects in one round trip of one command", async () => {
    const grant = aGrant(now())
    const token = anAccessToken(grant, now() + 900)
    await stores.grants.create(grant, now() + 600)
    await stores.grants.issue(grant.grantId, token)
    await inspect.config("RESETSTAT")
    await stores.grants.introspect(grant.grantId, token.hash)
    const calls = [...(await inspect.info("commandstats")).matchAll(/cmdstat_(\S+?):calls=(\d+)/g)]
    expect(calls.map(([, name, count]) => `${name} ${count}`).filter((call) => !/^(info|config)/.test(call))).toEqual([
      "mget 1",
    ])
  })

  it("warns of a Redis that may evict grants, and not of one that does not", async () => {
    expect(await stores.warnings()).toEqual([])
    await askRedis(redis.port, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    expect(await stores.warnings()).toEqual([expect.stringMatching(/allkeys-lru\); set noeviction/)])
    await askRedis(redis.port, "CONFIG", "SET", "maxmemory-policy", "noeviction")
  })

  it("warns that it cannot see the policy where the ACL forbids INFO", async () => {
    await askRedis(redis.port, "ACL", "SETUSER", "narrow", "on", ">pw", "~*", "+@all", "-info")
    const url = `redis://narrow:pw@127.0.0.1:${redis.port}`
    const narrow = openReplicas({ REDIS_URL: url }, now)
    expect(await narrow.replicas[0].warnings()).toEqual([expect.stringMatching(/does not tell its maxmemory-policy/)])
    await narrow.close()
  })

  it("closes twice without an error, also when Redis is gone", async () => {
    const gone = connect({ REDIS_URL: "redis://127.0.0.1:1" })
    const { createRedisStores } = await import("../../src/stores/redis/index.ts")
    const unreachable = createRedisStores({ redis: gone, keyPrefix: "", now })
    await unreachable.close()
    await unreachable.close()
  })
})

async function readKey(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key)
  if (type === "zset") return redis.zrange(key, "0", "-1")
  if (type === "stream") return redis.xrange(key, "-", "+")
  return redis.get(key)
}
