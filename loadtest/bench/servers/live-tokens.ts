/** Many live tokens in a store: as it keeps them, but made without a signature, which introspection does not look at. */
import { randomBytes } from "node:crypto"
import type { AuthDependencies } from "@gatehouse/auth"
import { Redis } from "ioredis"

const random = (bytes: number): string => randomBytes(bytes).toString("base64url")

/** Through the store's own methods: a grant of its own for each, and the token's claims. */
export async function fillMemory({ grants }: AuthDependencies["stores"], count: number): Promise<void> {
  const now = Math.floor(Date.now() / 1000)
  const exp = now + 7 * 86_400
  for (let i = 0; i < count; i++) {
    const grantId = random(16)
    const [subject, clientId, resource] = [`demo|user ${i}`, `client-${i % 1000}`, "http://localhost:3232/mcp"]
    const grant = { grantId, subject, clientId, scope: "mcp", resource, createdAt: now, absoluteExpiresAt: exp }
    await grants.create({ ...grant, generation: 0, rotatedAt: now, revokedAt: 0 }, exp)
    const claims = { iss: "http://localhost:3001", sub: subject, aud: resource, client_id: clientId, scope: "mcp" }
    const record = { hash: random(32), claims: { ...claims, iat: now, exp, jti: random(16), grant_id: grantId } }
    if (!(await grants.issue(grantId, record))) throw new Error("a token was not remembered")
  }
}

const BATCH = 1000

/**
 * Copies of what the service wrote of one token, each under a grant's id and a hash of its own. The indexes by subject and by
 * client, which introspection does not read, do not know them.
 */
export async function fillRedis(url: string, count: number): Promise<void> {
  const redis = new Redis(url)
  try {
    const [written, ttl] = await writtenOfOneToken(redis)
    for (let i = 0; i < count; i += BATCH) {
      const batch = redis.pipeline()
      for (let j = i; j < Math.min(count, i + BATCH); j++)
        for (const [key, value] of copyOf(written)) batch.set(key, value, "PX", ttl)
      await batch.exec()
    }
  } finally {
    redis.disconnect()
  }
}

interface Written {
  grantId: string
  hash: string
  records: [key: string, value: string][]
}

async function writtenOfOneToken(redis: Redis): Promise<[Written, number]> {
  const keys = await redis.keys("auth:*")
  const tokenKey = keys.find((key) => key.startsWith("auth:installation:")) ?? ""
  const [, grantId, hash] = /\{(.+)\}:(.+)$/.exec(tokenKey) ?? []
  if (grantId === undefined || hash === undefined) throw new Error("no access token is in Redis")
  const ofGrant = keys.filter((key) => key.includes(`{${grantId}}`))
  const records = await Promise.all(
    ofGrant.map(async (key): Promise<[string, string]> => [key, (await redis.get(key)) ?? ""]),
  )
  if (records.length !== 2) throw new Error(`a token and its grant were to be found, not ${ofGrant.join(", ")}`)
  return [{ grantId, hash, records }, await redis.pttl(tokenKey)]
}

function copyOf({ grantId, hash, records }: Written): [string, string][] {
  const [newGrantId, newHash] = [random(16), random(32)]
  const copy = (text: string) => text.replaceAll(grantId, newGrantId).replaceAll(hash, newHash)
  return records.map(([key, value]) => [copy(key), copy(value)])
}
