/** Replicas of one resource server on a real Redis that they share, in front of a scripted authorization server. */
import type { RevocationEvent } from "@gatehouse/oauth"
import { manualClock, type RedisServer, startRedis } from "@gatehouse/test-kit"
import {
  createTokenVerifier,
  followRevocations,
  type Log,
  type Observer,
  type RevocationFeed,
} from "@gatehouse/token-verifier"
import { Redis } from "ioredis"
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from "vitest"
import type { SharedCacheConnection } from "../src/options.ts"
import { json, startAuthorizationServer } from "./authorization-server.ts"
import { activeToken, RESOURCE, START } from "./setting.ts"

export const STREAM = "p:auth:revocations"
const valid = expect.objectContaining({ outcome: "valid" })

export type SharedRedis = ReturnType<typeof shareRedis>

/** A Redis for all tests of a file, empty before each. */
export function shareRedis() {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
  beforeEach(async () => void (await connect().flushall()))

  const connect = () => {
    const address = { host: "127.0.0.1", port: server.port }
    const redis = new Redis({ ...address, maxRetriesPerRequest: 1, retryStrategy: () => 20 })
    redis.on("error", () => {})
    onTestFinished(() => redis.disconnect())
    return redis
  }
  const entryKeys = () => connect().keys("p:mcp:introspection:*")
  return {
    server: () => server,
    connect,
    revoke: (event: RevocationEvent) => connect().xadd(STREAM, "*", ...Object.entries(event).flat()),
    entryKeys,
    async theOnlyKey() {
      await expect.poll(entryKeys).toHaveLength(1)
      return (await entryKeys())[0] ?? ""
    },
  }
}

interface ReplicaOptions {
  audience?: string
  clientSecret?: string
  revocations?: RevocationFeed
  redis?: SharedCacheConnection
  observer?: Partial<Observer>
}

/** A feed on a Redis of its own, where nothing is revoked. */
export const quietFeed: RevocationFeed = { subscribe: () => () => {}, position: () => "5-0" }

/** An authorization server that calls every token active, and what starts replicas of one resource server. */
export async function startSetting({ connect, theOnlyKey }: SharedRedis) {
  const server = await startAuthorizationServer()
  server.behaviour = json(activeToken(server.issuer))
  onTestFinished(() => server.close())
  const clock = manualClock(START)
  const lines: string[] = []
  const write = (_: object, message: string) => void lines.push(message)
  const log: Log = { info: write, warn: write, error: write }

  const startReplica = async (options: ReplicaOptions = {}) => {
    const follower = followRevocations({ stream: connect(), keyPrefix: "p:", retryMs: 10 })
    const redis = connect()
    const verifier = createTokenVerifier({
      audience: options.audience ?? RESOURCE,
      servers: [
        {
          issuer: server.issuer,
          strategy: "introspection",
          introspectionUrl: server.endpoint,
          credentials: {
            method: "client_secret_basic",
            clientId: "mcp",
            clientSecret: options.clientSecret ?? "secret",
          },
        },
      ],
      limits: { retries: 0 },
      shared: { redis: options.redis ?? redis, keyPrefix: "p:" },
      revocations: options.revocations ?? follower,
      log,
      ...(options.observer && { observer: options.observer }),
      now: clock.now,
      uptime: clock.now,
    })
    onTestFinished(async () => {
      follower.close()
      await verifier.close()
    })
    await verifier.start()
    await redis.ping() // the first answer may take longer than a question to the shared cache
    await expect.poll(() => follower.position()).toBeDefined()
    return verifier
  }
  /** A replica that has asked about the token `T`, and shared the answer. */
  const startFirst = async () => {
    const first = await startReplica()
    expect(await first.verifyToken("T")).toEqual(valid)
    const key = await theOnlyKey()
    return { first, key }
  }
  return { server, clock, lines, startReplica, startFirst }
}
