/** Redis that stops, hangs, loses replies, forgets scripts, refuses writes or holds rubbish: nothing is lost, nothing revoked by mistake. */
import { setTimeout as pause } from "node:timers/promises"
import {
  askRedis,
  createFaultProxy,
  type FaultProxy,
  manualClock,
  type RedisServer,
  startRedis,
} from "@gatehouse/test-kit"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { Stores } from "../../src/domain/ports.ts"
import { openReplicas } from "./connect.ts"
import type { OpenedStores } from "./contract.ts"
import { everyCall, type Issued, issueIn } from "./every-call.ts"
import { aClient, aGrant, anAccessToken, aPending, aRefreshToken, aRotation, randomHash } from "./records.ts"

const { now } = manualClock()
const unavailable = { code: "temporarily_unavailable" }

describe("OAuth stores when Redis fails", () => {
  let redis: RedisServer
  let proxy: FaultProxy
  let direct: OpenedStores
  let faulty: OpenedStores
  const logged: { details: object; message: string }[] = []
  const log = { warn: (details: object, message: string) => void logged.push({ details, message }) }

  beforeAll(async () => {
    redis = await startRedis()
    proxy = await createFaultProxy(redis)
    direct = openReplicas({ REDIS_URL: redis.url }, now, log)
    faulty = openReplicas({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` }, now)
  })
  afterAll(async () => {
    proxy.mode = "pass"
    await Promise.all([direct.close(), faulty.close()])
    await proxy.close()
    await redis.stop()
  })
  beforeEach(() => untilBack(faulty.replicas[0]))
  afterEach(() => untilBack(direct.replicas[0]))

  const issued = (stores: Stores = direct.replicas[0]) => issueIn(stores, now)

  const expectIntact = async ({ grant, grantId, token, refreshToken, code }: Issued) => {
    const { grants, authorizationCodes } = direct.replicas[0]
    expect(await grants.introspect(grantId, token.hash)).toEqual(token.claims)
    expect(await authorizationCodes.take(grantId, code, "after")).toMatchObject({ kind: "taken" })
    expect(await grants.rotate(aRotation(grant, refreshToken.hash, now()))).toEqual({ kind: "rotated" })
    expect(await grants.find(grantId)).toMatchObject({ revokedAt: 0 })
  }

  const faults: Record<string, { begin: () => unknown; end: () => unknown }> = {
    "is killed": { begin: () => redis.kill(), end: () => redis.restart() },
    hangs: { begin: () => redis.pause(), end: () => redis.resume() },
    "is behind a black hole": { begin: () => setMode("blackhole"), end: () => setMode("pass") },
    "refuses connections": { begin: () => setMode("refuse"), end: () => setMode("pass") },
    "resets connections": { begin: () => setMode("reset"), end: () => setMode("pass") },
    "never gets a reply through": { begin: () => setMode("dropReplies"), end: () => setMode("pass") },
  }
  const setMode = (mode: FaultProxy["mode"]) => {
    proxy.mode = mode
  }

  for (const [fault, { begin, end }] of Object.entries(faults))
    it(`I11 fails every call with temporarily_unavailable within 2 s while Redis ${fault}, and loses nothing`, async () => {
      const before = await issued()
      const calls = everyCall(faulty.replicas[0], before, now)
      await begin()
      try {
        for (const round of ["the connection breaks", "it stays broken"]) {
          const started = performance.now()
          const answers = await Promise.allSettled(Object.values(calls).map((call) => call()))
          const failures = answers.map((answer) => (answer.status === "rejected" ? answer.reason.code : answer.value))
          expect(Object.fromEntries(Object.keys(calls).map((name, i) => [name, failures[i]])), round).toEqual(
            Object.fromEntries(Object.keys(calls).map((name) => [name, unavailable.code])),
          )
          expect(performance.now() - started).toBeLessThan(2_000)
        }
      } finally {
        await end()
      }
      await untilBack(faulty.replicas[0])
      await untilBack(direct.replicas[0])
      await expectIntact(before)
    })

  it("D2 does not read a lost reply as a replay: the code, the pending authorization and the assertion are taken", async () => {
    const [stores] = faulty.replicas
    const { grantId, code } = await issued()
    const [pendingId, jti] = [randomHash(), randomHash()]
    const pending = aPending(now() + 600)
    await stores.pendingAuthorizations.save(pendingId, pending)
    for (const prime of [
      stores.replays.first(randomHash(), "one", now() + 9),
      stores.pendingAuthorizations.take("x", "one"),
    ])
      await prime // so that Redis knows the scripts, and what is lost is their effect's reply
    const losing = async <T>(call: () => Promise<T>) => {
      proxy.mode = "dropNextReply"
      const answer = await call()
      expect(proxy.mode).toBe("pass")
      return answer
    }
    const taken = await losing(() => stores.authorizationCodes.take(grantId, code, "one"))
    expect(taken).toMatchObject({ kind: "taken" })
    expect(await losing(() => stores.pendingAuthorizations.take(pendingId, "one"))).toEqual(pending)
    expect(await losing(() => stores.replays.first(jti, "one", now() + 60))).toBe(true)
    expect(await direct.replicas[0].grants.find(grantId)).toMatchObject({ revokedAt: 0 })
  })

  it("D3 does not read a lost reply as reuse: creating, issuing and rotating answer as if nothing had happened", async () => {
    const [stores] = faulty.replicas
    await expectIntact(await issued(stores)) // so that Redis knows the scripts
    const grant = aGrant(now())
    const refreshToken = aRefreshToken(now() + 86_400)
    const losing = async <T>(call: () => Promise<T>) => {
      proxy.mode = "dropNextReply"
      return call()
    }
    expect(await losing(() => stores.grants.create(grant, now() + 600))).toBe(true)
    const token = anAccessToken(grant, now() + 900)
    expect(await losing(() => stores.grants.issue(grant.grantId, token, refreshToken))).toBe(true)
    const rotation = aRotation(grant, refreshToken.hash, now())
    expect(await losing(() => stores.grants.rotate(rotation))).toEqual({ kind: "rotated" })
    expect(await losing(() => stores.grants.revokeAccessToken(grant.grantId, token.hash))).toEqual(token.claims)
    expect(await stores.grants.find(grant.grantId)).toMatchObject({ generation: 2, revokedAt: 0 })
    expect(await stores.grants.introspect(grant.grantId, rotation.accessToken.hash)).toBeDefined()
  })

  it("D3 gives a client that asks again after a failed refresh the successor that was stored", async () => {
    const { grant, grantId, refreshToken } = await issued(faulty.replicas[0])
    const rotation = aRotation(grant, refreshToken.hash, now())
    proxy.mode = "dropReplies"
    await expect(faulty.replicas[0].grants.rotate(rotation)).rejects.toMatchObject(unavailable)
    proxy.mode = "pass"
    const again = await direct.replicas[0].grants.rotate(aRotation(grant, refreshToken.hash, now()))
    expect(again).toEqual({ kind: "repeated", sealedSuccessor: rotation.sealedSuccessor })
    expect(await direct.replicas[0].grants.find(grantId)).toMatchObject({ generation: 2, revokedAt: 0 })
  })

  it("D5 gives no reply to another request when connections break under load", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => issued()))
    const wrong: unknown[] = []
    const asking = all.map(async ({ grantId, token }) => {
      for (let i = 0; i < 30; i++) {
        const claims = await faulty.replicas[0].grants.introspect(grantId, token.hash).catch(() => token.claims)
        if (claims?.jti !== token.claims.jti) wrong.push(claims)
        await pause(5)
      }
    })
    for (const mode of ["reset", "pass", "dropNextReply", "reset", "pass"] as const) {
      await pause(40)
      proxy.mode = mode
    }
    await Promise.all(asking)
    expect(wrong).toEqual([])
  })

  it("D7 finds nothing alive when Redis has lost everything", async () => {
    const { grant, grantId, token, refreshToken, code } = await issued()
    await askRedis(redis.port, "FLUSHALL")
    const { grants, authorizationCodes } = direct.replicas[0]
    expect(await grants.introspect(grantId, token.hash)).toBeUndefined()
    expect(await grants.rotate(aRotation(grant, refreshToken.hash, now()))).toEqual({ kind: "unknown" })
    expect(await authorizationCodes.take(grantId, code, "one")).toEqual({ kind: "unknown" })
  })

  it("D9 refuses writes and goes on reading when Redis's memory is full", async () => {
    const { grant, grantId, token } = await issued()
    await askRedis(redis.port, "CONFIG", "SET", "maxmemory", "1")
    try {
      const { grants } = direct.replicas[0]
      await expect(grants.issue(grantId, anAccessToken(grant, now() + 60))).rejects.toMatchObject(unavailable)
      expect(await grants.introspect(grantId, token.hash)).toEqual(token.claims)
    } finally {
      await askRedis(redis.port, "CONFIG", "SET", "maxmemory", "0")
    }
    expect(await direct.replicas[0].grants.issue(grantId, anAccessToken(grant, now() + 60))).toBe(true)
  })

  it("D13 sends a script's text again when Redis has forgotten it", async () => {
    const before = await issued()
    await askRedis(redis.port, "SCRIPT", "FLUSH")
    await expectIntact(before)
  })

  it("D15 reads a wrong type and a corrupt value as not found, says so, and can be written over", async () => {
    const { grant, grantId, token } = await issued()
    const client = aClient()
    await direct.replicas[0].clients.save(client, now() + 60)
    const keysOf = async (pattern: string) => (await askRedis(redis.port, "KEYS", pattern)).split(",")
    const [grantKey = "", clientKey = ""] = [
      ...(await keysOf(`*auth:grant:{${grantId}}`)),
      ...(await keysOf("*auth:client:*")),
    ]
    const corrupt = ["", "not JSON", "5", "null", "[]", "{}", '{"expiresAt":"x"}', `{"expiresAt":${now() + 60}}`]
    for (const value of [...corrupt, undefined]) {
      for (const key of [grantKey, clientKey]) {
        await askRedis(redis.port, "DEL", key)
        if (value === undefined) await askRedis(redis.port, "LPUSH", key, "a list")
        else await askRedis(redis.port, "SET", key, value, "PX", "60000")
      }
      logged.length = 0
      const { grants, clients } = direct.replicas[0]
      expect(await grants.find(grantId)).toBeUndefined()
      expect(await grants.introspect(grantId, token.hash)).toBeUndefined()
      expect(await grants.issue(grantId, anAccessToken(grant, now() + 60))).toBe(false)
      expect(await grants.rotate(aRotation(grant, randomHash(), now()))).toEqual({ kind: "unknown" })
      expect(await clients.find(client.clientId)).toBeUndefined()
      expect(logged.map(({ details }) => details)).toContainEqual({ key: clientKey })
    }
    await direct.replicas[0].clients.save(client, now() + 60)
    expect(await direct.replicas[0].clients.find(client.clientId)).toEqual(client)
    expect(await direct.replicas[0].grants.create(grant, now() + 60)).toBe(true)
    await direct.replicas[0].grants.revoke(grantId)
  })

  it("D15 begins a grant and publishes although an index or the stream is of another type", async () => {
    const grant = aGrant(now())
    const before = await issued()
    const indexes = (await askRedis(redis.port, "KEYS", "*auth:subject:*")).split(",")
    for (const key of [...indexes, "gatehouse:auth:revocations"]) {
      await askRedis(redis.port, "DEL", key)
      await askRedis(redis.port, "SET", key, "a string", "PX", "60000")
    }
    const [stores] = direct.replicas
    expect(await stores.grants.create({ ...grant, subject: before.grant.subject }, now() + 600)).toBe(true)
    await stores.revocations.publish({ kind: "grant", grantId: grant.grantId })
    expect(await askRedis(redis.port, "XLEN", "gatehouse:auth:revocations")).toBe("1")
  })

  it("D16 is unavailable, not successful, on a server that has become read-only, and recovers", async () => {
    const before = await issued()
    await askRedis(redis.port, "REPLICAOF", "127.0.0.1", "1")
    try {
      const [stores] = direct.replicas
      await expect(stores.grants.revoke(before.grantId)).rejects.toMatchObject(unavailable)
      await expect(stores.clients.save(aClient(), now() + 60)).rejects.toMatchObject(unavailable)
    } finally {
      await askRedis(redis.port, "REPLICAOF", "NO", "ONE")
    }
    await untilBack(direct.replicas[0])
    await expectIntact(before)
  })

  it("Y2 attaches no command and no argument to the cause of a failure", async () => {
    await askRedis(redis.port, "REPLICAOF", "127.0.0.1", "1")
    const error = await direct.replicas[0].developmentKeys.findOrSave("private key").catch((reason: unknown) => reason)
    await askRedis(redis.port, "REPLICAOF", "NO", "ONE")
    const { cause } = error as { cause: Error }
    expect(cause.message).toMatch(/READONLY/)
    expect(JSON.stringify([cause, Object.entries(cause), String(error)])).not.toContain("private key")
  })
})

async function untilBack(stores: Stores): Promise<void> {
  const deadline = performance.now() + 10_000
  for (;;) {
    const back = await stores.ping().then(
      () => true,
      () => false,
    )
    if (back) return
    if (performance.now() > deadline) throw new Error("Redis did not come back")
    await pause(20)
  }
}
