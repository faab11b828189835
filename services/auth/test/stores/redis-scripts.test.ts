/** Scripts of which one command is refused: what fails is no answer about a code, a token or a grant. */
import { askRedis, manualClock, type RedisServer, startRedis } from "@gatehouse/test-kit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { openReplicas } from "./connect.ts"
import type { OpenedStores } from "./contract.ts"
import { aCode, aGrant, anAccessToken, aRefreshToken, aRotation, randomHash } from "./records.ts"

const { now } = manualClock()

describe("OAuth stores when Redis refuses one command of several", () => {
  let redis: RedisServer
  let direct: OpenedStores
  let restricted: OpenedStores
  beforeAll(async () => {
    redis = await startRedis({ config: "user restricted on >pw ~* &* +@all" })
    direct = openReplicas({ REDIS_URL: redis.url }, now)
    restricted = openReplicas({ REDIS_URL: `redis://restricted:pw@127.0.0.1:${redis.port}` }, now)
  })
  afterAll(async () => {
    await Promise.all([direct.close(), restricted.close()])
    await redis.stop()
  })

  /** What scripts do, on records that are there, so that every command of theirs is reached. */
  const callsOnRecords = async () => {
    const [{ grants, authorizationCodes }] = direct.replicas
    const [grant, another] = [aGrant(now()), aGrant(now())]
    const { grantId } = grant
    const [accessToken, refreshToken] = [anAccessToken(grant, now() + 900), aRefreshToken(now() + 86_400)]
    await grants.create(grant, now() + 600)
    await grants.issue(grantId, accessToken, refreshToken)
    const [code, tried] = [randomHash(), randomHash()]
    for (const each of [code, tried]) await authorizationCodes.save(each, aCode(now() + 600, grantId))
    const [stores] = restricted.replicas
    return {
      "codes.take": () => stores.authorizationCodes.take(grantId, code, "one"),
      "codes.recordFailure": () => stores.authorizationCodes.recordFailure(grantId, tried, 1),
      "grants.create": () => stores.grants.create(another, now() + 600),
      "grants.issue": () => stores.grants.issue(grantId, anAccessToken(grant, now() + 900)),
      "grants.rotate": () => stores.grants.rotate(aRotation(grant, refreshToken.hash, now())),
      "grants.revokeAccessToken": () => stores.grants.revokeAccessToken(grantId, accessToken.hash),
      "grants.revoke": () => stores.grants.revoke(grantId),
      "revocations.publish": () => stores.revocations.publish({ kind: "grant", grantId }),
    }
  }
  const ofTokens = ["grants.issue", "grants.rotate", "grants.revokeAccessToken", "grants.revoke"]

  it.each([
    ["TYPE", ["codes.take", "codes.recordFailure", "grants.create", ...ofTokens, "revocations.publish"]],
    ["GET", ["codes.take", "codes.recordFailure", ...ofTokens]],
    ["SET", ["codes.take", "grants.create", ...ofTokens]],
    ["DEL", ["codes.recordFailure", "grants.create"]],
    ["ZREMRANGEBYSCORE", ["grants.create"]],
    ["ZADD", ["grants.create"]],
    ["ZREVRANGE", ["grants.create"]],
    ["PEXPIRE", ["grants.create", "revocations.publish"]],
    ["XADD", ["revocations.publish"]],
    ["XTRIM", ["revocations.publish"]],
  ])("D12 is unavailable, and no verdict, where %s is refused", async (command, failing) => {
    const calls = await callsOnRecords()
    await askRedis(redis.port, "ACL", "SETUSER", "restricted", "+@all", `-${command}`)
    const unavailable = []
    for (const [name, call] of Object.entries(calls)) {
      const code = await call().then(
        () => undefined,
        (error: { code: string }) => error.code,
      )
      if (code === "temporarily_unavailable") unavailable.push(name)
    }
    expect(unavailable).toEqual(failing)
  })
})
