/** What stands in the shared cache and is not believed: written by somebody else, or not readable. */
import { createHmac, hkdfSync } from "node:crypto"
import { describe, expect, it } from "vitest"
import { createSharedEntries } from "../src/cache/shared-entry.ts"
import { json } from "./authorization-server.ts"
import { shareRedis, startSetting } from "./replicas.ts"
import { START } from "./setting.ts"

const valid = expect.objectContaining({ outcome: "valid" })
const invalid = (reason: string) => ({ outcome: "invalid", reason })
const shared = shareRedis()

describe("OAuth answers that replicas share, written by somebody else", () => {
  const secretOf = (issuer: string) => `${issuer}\nsecret`
  const keyFor = (secret: string, use: string) =>
    Buffer.from(hkdfSync("sha256", secret, "", `gatehouse shared cache: ${use}`, 32))
  const sealed = (secret: string, name: string, text: string) =>
    Buffer.concat([
      createHmac("sha256", keyFor(secret, "seals")).update(`${name}\n${text}`).digest(),
      Buffer.from(text),
    ])

  it("K12 an entry that is written by hand, changed, or copied under another key is not believed", async () => {
    const { server, startReplica, startFirst } = await startSetting(shared)
    const { first, key } = await startFirst()
    const redis = shared.connect()
    const genuine = (await redis.getBuffer(key)) ?? Buffer.alloc(0)
    const entries = createSharedEntries(secretOf(server.issuer))
    expect(key).toBe(`p:${entries.nameOf("T")}`)
    const forgeries = [
      JSON.stringify({ active: true, sub: "demo|eve" }),
      Buffer.from(genuine.toString("latin1").replace("mcp:tools", "mcp:admin"), "latin1"),
      Buffer.concat([Buffer.alloc(32), genuine.subarray(32)]),
      genuine.subarray(0, 31),
      "",
    ]
    server.behaviour = json({ active: false })
    for (const forgery of forgeries) {
      await redis.set(key, forgery)
      expect(await (await startReplica()).verifyToken("T")).toEqual(invalid("inactive"))
    }
    expect(server.calls).toHaveLength(1 + forgeries.length)
    await redis.set(`p:${entries.nameOf("another")}`, genuine)
    expect(await (await startReplica()).verifyToken("another")).toEqual(invalid("inactive"))
    await redis.set(key, genuine)
    expect(await (await startReplica()).verifyToken("T")).toEqual(valid)
    expect(await first.verifyToken("T")).toEqual(valid)
  })

  it("K12 a key of another type is no outage: it is written over", async () => {
    const { server, lines, startReplica, startFirst } = await startSetting(shared)
    const { key } = await startFirst()
    const redis = shared.connect()
    await redis.del(key)
    await redis.lpush(key, "x")
    expect(await (await startReplica()).verifyToken("T")).toEqual(valid)
    expect(server.calls).toHaveLength(2)
    await expect.poll(() => redis.type(key)).toBe("string")
    expect(lines).toEqual([])
  })

  const good = { v: 1, askedAt: START, freshUntil: START + 60, position: "5-0", token: { active: true, sub: "alice" } }
  it.each<[string, unknown]>([
    ["another version", { ...good, v: 2 }],
    ["no version", { ...good, v: undefined }],
    ['active: "true"', { ...good, token: { active: "true", sub: "alice" } }],
    ["active: 1", { ...good, token: { active: 1, sub: "alice" } }],
    ["no active", { ...good, token: { sub: "alice" } }],
    ["a number for a subject", { ...good, token: { active: true, sub: 1 } }],
    ["a text for a time", { ...good, token: { active: true, exp: "1800000000" } }],
    ["an audience of numbers", { ...good, token: { active: true, aud: [1] } }],
    ["a claim without a name here", { ...good, token: { active: true, admin: true } }],
    ["a time that is none", { ...good, askedAt: "1800000000" }],
    ["a time that is null", { ...good, freshUntil: null }],
    ["no position", { ...good, position: undefined }],
    ["a position that is none", { ...good, position: "$" }],
    ["no token", { ...good, token: null }],
    ["an array", [good]],
    ["null", null],
    ["a number", 1],
  ])("K13 reads nothing into %s", (_, value) => {
    const name = "mcp:introspection:x"
    expect(createSharedEntries("s").read(name, sealed("s", name, JSON.stringify(value)))).toBeUndefined()
  })

  it("K13 reads nothing into what is cut off or no UTF-8, and everything into what is whole", () => {
    const entries = createSharedEntries("s")
    const [name, text] = ["mcp:introspection:x", JSON.stringify(good)]
    expect(entries.read(name, sealed("s", name, text))).toMatchObject({ position: "5-0", token: { sub: "alice" } })
    expect(entries.read(name, sealed("s", name, text.slice(0, -1)))).toBeUndefined()
    expect(entries.read(name, sealed("s", name, ""))).toBeUndefined()
    expect(entries.read(name, Buffer.alloc(0))).toBeUndefined()
    const claims = {
      ...{
        iss: "i",
        sub: "s",
        client_id: "c",
        scope: "a b",
        jti: "j",
        grant_id: "g",
        token_type: "Bearer",
        token_use: "u",
      },
      ...{ typ: "t", exp: 5, nbf: 3, iat: 4, aud: ["x", "y"], senderConstrained: true as const },
    }
    const entry = { token: { active: true as const, ...claims }, askedAt: 1.5, freshUntil: 61.5, position: "7-1" }
    expect(entries.read(name, entries.write(name, entry))).toEqual(entry)
  })
})
