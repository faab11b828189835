/** Token requests where the store decides: two replicas, real Redis, races, lost replies, restarts. */

import { connectRedis, createLogger, type RedisConnection, readSettings, redisSettings } from "@gatehouse/service-kit"
import { askRedis, createFaultProxy, type FaultProxy, type RedisServer, startRedis } from "@gatehouse/test-kit"
import { decodeJwt } from "jose"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createRedisStores } from "../src/stores/redis/index.ts"
import { type Answer, type KnownClient, startAuth, type TestAuth, type Tokens } from "./harness.ts"

const log = createLogger({ name: "test", level: "silent" })
const ROUNDS = 20
let redis: RedisServer
let proxy: FaultProxy
let client: KnownClient
const pods: TestAuth[] = []

async function startPod(): Promise<TestAuth> {
  const settings = readSettings(redisSettings, { REDIS_URL: `redis://127.0.0.1:${proxy.port}` })
  const connection: RedisConnection = connectRedis(settings, log)
  const stores = createRedisStores({ redis: connection, keyPrefix: "", now: () => Date.now() / 1000, log })
  const pod = await startAuth({ stores, clock: { now: () => Date.now() / 1000, advance: () => {} } })
  return { ...pod, close: () => pod.close().then(() => stores.close()) }
}

beforeAll(async () => {
  redis = await startRedis()
  proxy = await createFaultProxy({ port: redis.port })
  pods.push(await startPod(), await startPod())
  client = await pod(0).registerClient()
})
afterAll(async () => {
  await Promise.all(pods.map((each) => each.close()))
  await proxy.close()
  await redis.stop()
})

const pod = (i: number): TestAuth => pods[i % pods.length] as TestAuth
const isActive = async (token: unknown) => (await pod(0).introspect(String(token))).body["active"]
const atOnce = (times: number, ask: (on: TestAuth) => Promise<Answer>) =>
  Promise.all(Array.from({ length: times }, (_, i) => ask(pod(i))))
const withStatus = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status)

describe("OAuth POST /token on Redis", () => {
  it("T1 sees a replay at another replica", async () => {
    const minted = await pod(0).authorizeCode({ client })
    const first = await pod(0).redeem(client, minted)
    expect((await pod(1).redeem(client, minted)).status).toBe(400)
    expect(await isActive(first.body["access_token"])).toBe(false)
  })

  it(`T4 answers exactly one of 50 at once with tokens, ${ROUNDS} rounds`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const minted = await pod(round).authorizeCode({ client })
      const answers = await atOnce(50, (on) => on.redeem(client, minted))
      expect(withStatus(answers, 200)).toHaveLength(1)
      expect(withStatus(answers, 400)).toHaveLength(49)
    }
  })

  it("F3 gives 20 refreshes at once one successor, which works, and revokes nothing", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { refreshToken } = await pod(round).tokensFor(client)
      const answers = await atOnce(20, (on) => on.refresh(client, refreshToken))
      expect(withStatus(answers, 200)).toHaveLength(20)
      expect(new Set(answers.map(({ body }) => body["refresh_token"])).size).toBe(1)
      for (const { body } of answers) expect(await isActive(body["access_token"])).toBe(true)
      expect((await pod(round).refresh(client, String(answers[0]?.body["refresh_token"]))).status).toBe(200)
    }
  })

  it(`F17 leaves nothing alive when a refresh and a revocation meet, ${ROUNDS} rounds`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { accessToken, refreshToken } = await pod(0).tokensFor(client)
      const [refreshed] = await Promise.all([pod(0).refresh(client, refreshToken), pod(1).revoke(client, refreshToken)])
      expect([200, 400]).toContain(refreshed.status)
      expect(await isActive(accessToken)).toBe(false)
      if (refreshed.status === 200) expect(await isActive(refreshed.body["access_token"])).toBe(false)
      expect((await pod(1).refresh(client, String(refreshed.body["refresh_token"] ?? refreshToken))).status).toBe(400)
    }
  })

  it("D2 does not take a lost reply for a replay: a code whose redemption broke off revokes nothing, and none is left over", async () => {
    for (let round = 0; round < 5; round++) {
      const minted = await pod(0).authorizeCode({ client })
      const before = pod(0).audited.length
      proxy.mode = "dropNextReply"
      const answer = await pod(0).redeem(client, minted)
      proxy.mode = "pass"
      expect([200, 503]).toContain(answer.status)
      expect(
        pod(0)
          .audited.slice(before)
          .map(({ event }) => event),
      ).not.toContain("auth.code.replayed")
      if (answer.status === 200) expect(await isActive(answer.body["access_token"])).toBe(true)
    }
  })

  it("F4 D3 gives a client that lost its answer a working pair", async () => {
    for (let round = 0; round < 5; round++) {
      const { refreshToken } = await pod(0).tokensFor(client)
      proxy.mode = "dropNextReply"
      const lost = await pod(0).refresh(client, refreshToken)
      proxy.mode = "pass"
      expect([200, 503]).toContain(lost.status)
      const again = await pod(1).refresh(client, refreshToken)
      expect(again.status).toBe(200)
      if (lost.status === 200) expect(again.body["refresh_token"]).toBe(lost.body["refresh_token"])
      expect((await pod(0).refresh(client, String(again.body["refresh_token"]))).status).toBe(200)
    }
  })

  it("I11 answers 503 within two seconds while Redis is down, never inactive, and forgets nothing", async () => {
    const { accessToken, refreshToken } = await pod(0).tokensFor(client)
    const minted = await pod(0).authorizeCode({ client })
    for (const mode of ["blackhole", "refuse"] as const) {
      proxy.mode = mode
      const started = performance.now()
      const answers = await Promise.all([
        pod(0).introspect(accessToken),
        pod(0).refresh(client, refreshToken),
        pod(0).redeem(client, minted),
        pod(0).revoke(client, accessToken),
      ])
      expect(performance.now() - started).toBeLessThan(2000)
      for (const { status, headers, body } of answers) {
        expect(status).toBe(503)
        expect(headers.get("retry-after")).not.toBeNull()
        expect(body["error"]).toBe("temporarily_unavailable")
      }
      proxy.mode = "pass"
      await expect.poll(() => isActive(accessToken), { timeout: 5000 }).toBe(true)
    }
    await expect.poll(async () => (await pod(1).introspect(accessToken)).status, { timeout: 5000 }).toBe(200)
    expect((await pod(1).redeem(client, minted)).status).toBe(200)
    expect((await pod(0).refresh(client, refreshToken)).status).toBe(200)
  })

  /** Deletes a record of the grant, as a Redis does that may evict. */
  const evict = async (family: string, { accessToken }: Tokens) => {
    const key = await askRedis(redis.port, "KEYS", `auth:${family}:{${decodeJwt(accessToken)["grant_id"]}}*`)
    expect(await askRedis(redis.port, "DEL", key)).toBe("1")
  }

  it("I12 says inactive of an access token whose record was evicted; its refresh token goes on working", async () => {
    const tokens = await pod(0).tokensFor(client)
    await evict("installation", tokens)
    expect(await pod(1).introspect(tokens.accessToken)).toMatchObject({ status: 200, text: '{"active":false}' })
    expect((await pod(1).revoke(client, tokens.accessToken)).status).toBe(200)
    const refreshed = await pod(1).refresh(client, tokens.refreshToken)
    expect(refreshed.status).toBe(200)
    expect(await isActive(refreshed.body["access_token"])).toBe(true)
  })

  it("I12 says inactive and invalid_grant when the record of the grant was evicted from beside its tokens", async () => {
    const tokens = await pod(0).tokensFor(client)
    await evict("grant", tokens)
    expect(await pod(1).introspect(tokens.accessToken)).toMatchObject({ status: 200, text: '{"active":false}' })
    expect(await pod(1).refresh(client, tokens.refreshToken)).toMatchObject({
      status: 400,
      body: { error: "invalid_grant" },
    })
  })

  it("T24 leaves no token that nobody received when a process dies between code and answer", async () => {
    const minted = await pod(0).authorizeCode({ client })
    const { issue } = pod(0).stores.grants
    pod(0).stores.grants.issue = () => Promise.reject(new Error("killed"))
    expect((await pod(0).redeem(client, minted)).status).toBe(500)
    pod(0).stores.grants.issue = issue
    expect(await pod(1).redeem(client, minted)).toMatchObject({ status: 400, body: { error: "invalid_grant" } })
    const grantId = minted.code.slice(4).split(".")[0] ?? ""
    expect((await pod(1).stores.grants.find(grantId))?.generation).toBe(0)
  })

  it("F14 sees reuse after every process and Redis were restarted", async () => {
    const first = await pod(0).tokensFor(client)
    const second = await pod(0).refresh(client, first.refreshToken)
    const third = await pod(0).refresh(client, String(second.body["refresh_token"]))
    await Promise.all(pods.map((each) => each.close()))
    await redis.kill()
    await redis.restart()
    pods.splice(0, pods.length, await startPod(), await startPod())
    await expect.poll(() => isActive(third.body["access_token"]), { timeout: 5000 }).toBe(true)
    expect((await pod(0).refresh(client, first.refreshToken)).status).toBe(400)
    expect((await pod(1).refresh(client, String(third.body["refresh_token"]))).status).toBe(400)
    expect(await isActive(third.body["access_token"])).toBe(false)
  })
})
