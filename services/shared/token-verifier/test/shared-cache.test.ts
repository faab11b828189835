/** What replicas share through Redis: a warm start for the next, and nothing that was revoked since. */
import { createHash } from "node:crypto"
import type { RevocationEvent } from "@gatehouse/oauth"
import { localRevocations } from "@gatehouse/token-verifier"
import { describe, expect, it } from "vitest"
import { json, status } from "./authorization-server.ts"
import { STREAM, shareRedis, startSetting } from "./replicas.ts"
import { activeToken, RESOURCE, START } from "./setting.ts"

const valid = expect.objectContaining({ outcome: "valid" })
const invalid = (reason: string) => ({ outcome: "invalid", reason })
const shared = shareRedis()

describe("OAuth answers that replicas share", () => {
  it("a new replica starts warm: it answers without a call, for as long as its predecessor would have", async () => {
    const { server, clock, startReplica, startFirst } = await startSetting(shared)
    await startFirst()
    clock.advance(30)
    const second = await startReplica()
    const answer = await second.verifyToken("T")
    expect(answer).toMatchObject({ outcome: "valid", claims: { sub: "demo|alice", scope: "mcp:tools", jti: "jti-1" } })
    expect(server.calls).toHaveLength(1)
    clock.advance(29)
    await second.verifyToken("T")
    expect(server.calls).toHaveLength(1)
    clock.advance(2)
    await second.verifyToken("T")
    expect(server.calls).toHaveLength(2)
  })

  it("K11 gives an answer that nobody can change", async () => {
    const { server, startReplica, startFirst } = await startSetting(shared)
    server.behaviour = json(activeToken(server.issuer, { aud: [RESOURCE] }))
    await startFirst()
    const answer = await (await startReplica()).verifyToken("T")
    if (answer.outcome !== "valid") throw new Error(answer.outcome)
    expect(Object.isFrozen(answer.claims) && Object.isFrozen(answer.claims.aud)).toBe(true)
  })

  it("D17 a dump says nothing about a token", async () => {
    const { startFirst } = await startSetting(shared)
    const { key } = await startFirst()
    expect(key).toMatch(/^p:mcp:introspection:[\w-]{43}$/)
    for (const encoding of ["hex", "base64url"] as const)
      expect(key).not.toContain(createHash("sha256").update("T").digest(encoding))
    const value = await shared.connect().getBuffer(key)
    expect(value?.subarray(32).toString()).toMatch(/^\{"v":1,/)
  })

  it("U8 judges the audience after the shared cache too", async () => {
    const { server, startReplica, startFirst } = await startSetting(shared)
    await startFirst()
    const other = await startReplica({ audience: "https://other.test/mcp" })
    expect(await other.verifyToken("T")).toEqual(invalid("wrong_audience"))
    expect(server.calls).toHaveLength(1)
  })

  it("is closed to whoever has another secret", async () => {
    const { server, startReplica, startFirst } = await startSetting(shared)
    await startFirst()
    const stranger = await startReplica({ clientSecret: "another" })
    expect(await stranger.verifyToken("T")).toEqual(valid)
    expect(server.calls).toHaveLength(2)
    await expect.poll(shared.entryKeys).toHaveLength(2)
  })

  it("a token that is bound to a key stays so", async () => {
    const { server, startReplica } = await startSetting(shared)
    const first = await startReplica()
    server.behaviour = json(activeToken(server.issuer, { cnf: { jkt: "x" } }))
    expect(await first.verifyToken("T")).toEqual(invalid("wrong_token_kind"))
    await shared.theOnlyKey()
    expect(await (await startReplica()).verifyToken("T")).toEqual(invalid("wrong_token_kind"))
    expect(server.calls).toHaveLength(1)
  })

  it("what is inactive is not shared", async () => {
    const { server, startReplica } = await startSetting(shared)
    const first = await startReplica()
    server.behaviour = json({ active: false })
    expect(await first.verifyToken("T")).toEqual(invalid("inactive"))
    await (await startReplica()).verifyToken("T")
    expect(server.calls).toHaveLength(2)
    expect(await shared.entryKeys()).toEqual([])
  })

  it("K1 keeps nothing past exp: a token with 5 s left is refused at t+6 s by a new replica", async () => {
    const { server, clock, startReplica } = await startSetting(shared)
    server.behaviour = json(activeToken(server.issuer, { exp: START + 5 }))
    expect(await (await startReplica()).verifyToken("T")).toEqual(valid)
    const left = await shared.connect().pttl(await shared.theOnlyKey())
    expect(left).toBeGreaterThan(3000)
    expect(left).toBeLessThanOrEqual(5000)
    clock.advance(6)
    server.behaviour = json({ active: false })
    expect(await (await startReplica()).verifyToken("T")).toEqual(invalid("inactive"))
  })

  it("K2 does not share a token whose exp is over or 0", async () => {
    const { server, startReplica } = await startSetting(shared)
    const first = await startReplica()
    for (const exp of [0, START - 1]) {
      server.behaviour = json(activeToken(server.issuer, { exp }))
      await first.verifyToken(`T${exp}`)
    }
    server.behaviour = json(activeToken(server.issuer))
    await first.verifyToken("good")
    await shared.theOnlyKey()
  })

  it.each([-3600, -10])("K16 does not believe what was asked for in the future: a clock moved by %i s", async (by) => {
    const { server, clock, startReplica, startFirst } = await startSetting(shared)
    await startFirst()
    clock.advance(by)
    await (await startReplica()).verifyToken("T")
    expect(server.calls).toHaveLength(2)
  })

  it("asks anew for what has little time left, and does with it when nobody answers", async () => {
    const { server, clock, startReplica, startFirst } = await startSetting(shared)
    await startFirst()
    clock.advance(50)
    await (await startReplica()).verifyToken("T")
    expect(server.calls).toHaveLength(2)
    clock.advance(50)
    server.behaviour = status(500)
    const third = await startReplica()
    expect(await third.verifyToken("T")).toEqual(valid)
    expect(server.calls).toHaveLength(3)
    clock.advance(11)
    expect(await third.verifyToken("T")).toMatchObject({ outcome: "unavailable" })
  })

  it("K1 does not do with it when its time ends while nobody answers", async () => {
    const { server, clock, startReplica, startFirst } = await startSetting(shared)
    await startFirst()
    clock.advance(55)
    const second = await startReplica()
    server.behaviour = (exchange) => {
      clock.advance(6)
      return status(500)(exchange)
    }
    expect(await second.verifyToken("T")).toMatchObject({ outcome: "unavailable" })
  })
})

describe("OAuth answers that replicas share, and revocation", () => {
  it.each<[RevocationEvent]>([
    [{ kind: "token", grantId: "grant-1", jti: "jti-1" }],
    [{ kind: "grant", grantId: "grant-1" }],
    [{ kind: "subject", subject: "demo|alice" }],
    [{ kind: "client", clientId: "client-1" }],
  ])("K3 %j before a replica starts: it does not believe what its predecessor was told", async (event) => {
    const { server, startReplica, startFirst } = await startSetting(shared)
    await startFirst()
    await shared.revoke(event)
    server.behaviour = json({ active: false })
    expect(await (await startReplica()).verifyToken("T")).toEqual(invalid("inactive"))
    expect(server.calls).toHaveLength(2)
  })

  it("K3 the revocation of somebody else leaves the entry alone", async () => {
    const { server, startReplica, startFirst } = await startSetting(shared)
    await startFirst()
    await shared.revoke({ kind: "grant", grantId: "grant-2" })
    await shared.revoke({ kind: "subject", subject: "demo|bob" })
    expect(await (await startReplica()).verifyToken("T")).toEqual(valid)
    expect(server.calls).toHaveLength(1)
  })

  it("K3 what was asked after a revocation is shared: a subject that signs in again is welcome everywhere", async () => {
    const { server, startReplica, startFirst } = await startSetting(shared)
    await shared.revoke({ kind: "subject", subject: "demo|alice" })
    await startFirst()
    expect(await (await startReplica()).verifyToken("T")).toEqual(valid)
    expect(server.calls).toHaveLength(1)
  })

  it("K3 a revocation while the authorization server is down: nobody believes the entry", async () => {
    const { server, startReplica, startFirst } = await startSetting(shared)
    await startFirst()
    await shared.revoke({ kind: "grant", grantId: "grant-1" })
    server.behaviour = status(500)
    expect(await (await startReplica()).verifyToken("T")).toMatchObject({ outcome: "unavailable" })
  })

  it("K3 an answer that a revocation overtook on its way is not shared", async () => {
    const { server, startReplica } = await startSetting(shared)
    const revocations = { ...localRevocations(), position: () => "5-0" }
    const verifier = await startReplica({ revocations })
    server.behaviour = ({ response }) => {
      server.behaviour = json({ active: false })
      revocations.publish({ kind: "subject", subject: "demo|alice" })
      return json(activeToken(server.issuer))({ response } as never)
    }
    expect(await verifier.verifyToken("T")).toEqual(invalid("inactive"))
    server.behaviour = json(activeToken(server.issuer, { sub: "demo|bob" }))
    expect(await verifier.verifyToken("U")).toEqual(valid)
    await shared.theOnlyKey()
  })

  it("K15 without a feed that says where it is, nothing is shared", async () => {
    const { server, startReplica, startFirst } = await startSetting(shared)
    await startFirst()
    const deaf = await startReplica({ revocations: localRevocations() })
    expect(await deaf.verifyToken("T")).toEqual(valid)
    expect(server.calls).toHaveLength(2)
  })

  it("K15 after a gap an entry from before it is not believed, and one from after it is", async () => {
    const { server, startReplica, startFirst } = await startSetting(shared)
    await shared.revoke({ kind: "grant", grantId: "other" })
    await startFirst()
    const second = await startReplica()
    await shared.connect().xadd(STREAM, "*", "kind", "a kind of a newer release")
    await expect.poll(async () => (await second.verifyToken("T")) && server.calls.length).toBe(2)
    expect(await (await startReplica()).verifyToken("T")).toEqual(valid)
    expect(server.calls).toHaveLength(2)
  })
})
