/** `gatehouse-auth`, as an operator runs it: a process of its own, on the Redis of a running server. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { type RedisServer, startRedis } from "@gatehouse/test-kit"
import { Redis } from "ioredis"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createRedisStores } from "../src/stores/redis/index.ts"
import { type KnownClient, startAuth, type TestAuth } from "./harness.ts"

const KEY_PREFIX = "t1:"
let redis: RedisServer
let connection: Redis
let auth: TestAuth
let client: KnownClient
beforeAll(async () => {
  redis = await startRedis()
  connection = new Redis(redis.url)
  const now = () => Date.now() / 1000
  auth = await startAuth({ stores: createRedisStores({ redis: connection, keyPrefix: KEY_PREFIX, now }) })
  client = await auth.registerClient()
})
afterAll(async () => {
  await auth.close()
  connection.disconnect()
  await redis.stop()
})

interface Ran {
  code: number
  stdout: string
  stderr: string
}

function run(
  args: string[],
  env: Record<string, string> = { REDIS_URL: redis.url, REDIS_KEY_PREFIX: KEY_PREFIX },
): Promise<Ran> {
  const command = ["--conditions=source", join(import.meta.dirname, "../src/operator.ts"), ...args]
  return new Promise((resolve) => {
    const child = execFile(process.execPath, command, { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

const isActive = async (token: string) => (await auth.introspect(token)).body["active"]

describe("OAuth operator command", () => {
  it("lists the grants of a person, and revokes them with codes that are not redeemed yet", async () => {
    const subject = "demo|ada lovelace"
    const [first, second] = [await auth.tokensFor(client, { subject }), await auth.tokensFor(client, { subject })]
    const other = await auth.tokensFor(client, { subject: "demo|other" })
    const minted = await auth.authorizeCode({ client, subject })
    const listed = await run(["list", "--subject", subject])
    expect(listed.code).toBe(0)
    expect(listed.stdout.trim().split("\n")).toHaveLength(3)
    expect(listed.stdout).toContain(`\t${subject}\t${client.clientId}\tmcp\t`)

    expect(await run(["revoke", "--subject", subject])).toMatchObject({ code: 0, stdout: "3 grants revoked\n" })
    for (const { accessToken, refreshToken } of [first, second]) {
      expect(await isActive(accessToken)).toBe(false)
      expect((await auth.refresh(client, refreshToken)).status).toBe(400)
    }
    expect((await auth.redeem(client, minted)).status).toBe(400)
    expect(await isActive(other.accessToken)).toBe(true)
    const events = await connection.xrange(`${KEY_PREFIX}auth:revocations`, "-", "+")
    expect(JSON.stringify(events)).toContain(`["kind","subject","subject","${subject}"]`)
  })

  it("revokes by client, and by grant", async () => {
    const mine = await auth.registerClient()
    const one = await auth.tokensFor(mine)
    const listed = await run(["list", "--client", mine.clientId])
    const grantId = listed.stdout.split("\t")[0] ?? ""
    expect(await run(["revoke", "--grant", grantId])).toMatchObject({ code: 0, stdout: "1 grant revoked\n" })
    expect(await isActive(one.accessToken)).toBe(false)
    expect((await run(["list", "--grant", grantId])).stdout).toContain("\trevoked\n")
    const two = await auth.tokensFor(mine)
    expect((await run(["revoke", "--client", mine.clientId])).code).toBe(0)
    expect(await isActive(two.accessToken)).toBe(false)
  })

  it("explains itself, and ends with 2 when it is not understood", async () => {
    const help = await run(["--help"], {})
    expect(help).toMatchObject({ code: 0, stderr: "" })
    expect(help.stdout).toContain("gatehouse-auth list|revoke")
    const wrong = [
      [],
      ["list"],
      ["drop", "--subject", "a"],
      ["list", "--all"],
      ["list", "--subject", "a", "--client", "b"],
    ]
    for (const args of wrong) expect((await run(args)).code).toBe(2)
  })

  it("says that without Redis there is nothing to list, and ends with 1", async () => {
    const { code, stderr } = await run(["list", "--subject", "a"], {})
    expect(code).toBe(1)
    expect(stderr).toContain("memory")
  })

  it("ends with 1 when Redis does not answer", async () => {
    const { code, stderr } = await run(["list", "--subject", "a"], { REDIS_URL: "redis://127.0.0.1:1" })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^gatehouse-auth: /)
  })
})
