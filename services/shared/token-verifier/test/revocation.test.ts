/** A revocation is heard: what is cached, and what is on its way, is not believed any more. */
import type { RevocationEvent } from "@gatehouse/oauth"
import { localRevocations, mergeRevocations } from "@gatehouse/token-verifier"
import { describe, expect, it } from "vitest"
import { createRecentRevocations, REVOCATION_MEMORY_SECONDS } from "../src/revocation/recent-revocations.ts"
import { json } from "./authorization-server.ts"
import { activeToken, healthOf, startVerifier } from "./setting.ts"

const valid = expect.objectContaining({ outcome: "valid" })
const invalid = (reason: string) => ({ outcome: "invalid", reason })

describe("OAuth revocation events at the token verifier", () => {
  it.each<[RevocationEvent, string, number]>([
    [{ kind: "token", grantId: "grant-1", jti: "jti-1" }, "revoked", 1],
    [{ kind: "grant", grantId: "grant-1" }, "revoked", 1],
    [{ kind: "subject", subject: "demo|alice" }, "inactive", 2],
    [{ kind: "client", clientId: "client-1" }, "inactive", 2],
  ])("K3 %j: the cached token is %s, after %i calls", async (event, reason, calls) => {
    const revocations = localRevocations()
    const { server, verifier } = await startVerifier({ revocations })
    expect(await verifier.verifyToken("T")).toEqual(valid)
    server.behaviour = json({ active: false })
    revocations.publish(event)
    expect(await verifier.verifyToken("T")).toEqual(invalid(reason))
    expect(server.calls).toHaveLength(calls)
  })

  it.each<RevocationEvent>([
    { kind: "token", grantId: "grant-1", jti: "jti-2" },
    { kind: "grant", grantId: "grant-2" },
    { kind: "subject", subject: "demo|bob" },
    { kind: "client", clientId: "client-2" },
  ])("%j leaves others alone", async (event) => {
    const revocations = localRevocations()
    const { server, verifier } = await startVerifier({ revocations })
    await verifier.verifyToken("T")
    revocations.publish(event)
    expect(await verifier.verifyToken("T")).toEqual(valid)
    expect(server.calls).toHaveLength(1)
  })

  it("a subject that signs in again is welcome: its new token is asked about and cached", async () => {
    const revocations = localRevocations()
    const { server, verifier } = await startVerifier({ revocations })
    revocations.publish({ kind: "subject", subject: "demo|alice" })
    for (let i = 0; i < 3; i++) expect(await verifier.verifyToken("new")).toEqual(valid)
    expect(server.calls).toHaveLength(1)
  })

  it("a revoked token is refused without the authorization server", async () => {
    const revocations = localRevocations()
    const { server, verifier } = await startVerifier({ revocations })
    await verifier.verifyToken("T")
    revocations.publish({ kind: "grant", grantId: "grant-1" })
    await server.close()
    expect(await verifier.verifyToken("T")).toEqual(invalid("revoked"))
  })

  it.each<[RevocationEvent, string]>([
    [{ kind: "grant", grantId: "grant-1" }, "inactive"],
    [{ kind: "subject", subject: "demo|alice" }, "inactive"],
  ])("an answer that %j overtook is asked for again, and not cached as active", async (event, reason) => {
    const revocations = localRevocations()
    const { server, verifier } = await startVerifier({ revocations })
    server.behaviour = ({ response }) => {
      // It is decided before the event, and arrives after it.
      server.behaviour = json({ active: false })
      revocations.publish(event)
      return json(activeToken(server.issuer))({ response } as never)
    }
    expect(await verifier.verifyToken("T")).toEqual(invalid(reason))
    expect(server.calls).toHaveLength(2)
    expect(healthOf(verifier)).toMatchObject({ cached: { positive: 0 } })
  })

  it("an authorization server whose replica lags behind its own revocation is not believed", async () => {
    const revocations = localRevocations()
    const { verifier } = await startVerifier({ revocations })
    revocations.publish({ kind: "token", grantId: "grant-1", jti: "jti-1" })
    expect(await verifier.verifyToken("T")).toEqual(invalid("revoked"))
  })

  it("K15 after a gap nothing that was cached is believed", async () => {
    const revocations = localRevocations()
    const { server, verifier } = await startVerifier({ revocations })
    await verifier.verifyToken("T")
    revocations.publishGap()
    expect(healthOf(verifier)).toMatchObject({ cached: { positive: 0 } })
    await verifier.verifyToken("T")
    expect(server.calls).toHaveLength(2)
  })

  it("K15 an answer that was on its way during a gap is asked for again", async () => {
    const revocations = localRevocations()
    const { server, verifier } = await startVerifier({ revocations })
    const usual = server.behaviour
    server.behaviour = (exchange) => {
      server.behaviour = usual
      revocations.publishGap()
      return usual(exchange)
    }
    expect(await verifier.verifyToken("T")).toEqual(valid)
    expect(server.calls).toHaveLength(2)
  })

  it("hears nothing any more once it is closed", async () => {
    const revocations = localRevocations()
    let listeners = 0
    const counting = {
      subscribe: (...args: Parameters<typeof revocations.subscribe>) => {
        listeners++
        const end = revocations.subscribe(...args)
        return () => {
          listeners--
          end()
        }
      },
    }
    const { verifier } = await startVerifier({ revocations: counting })
    expect(listeners).toBe(1)
    await verifier.close()
    expect(listeners).toBe(0)
  })
})

describe("OAuth revocations that are remembered", () => {
  const token = { active: true, jti: "j", grant_id: "g" } as const

  it("are remembered longer than any answer is cached or on its way, and then forgotten", () => {
    let uptime = 0
    const revocations = createRecentRevocations({ uptime: () => uptime })
    revocations.add({ kind: "grant", grantId: "g" })
    uptime = REVOCATION_MEMORY_SECONDS - 1
    revocations.add({ kind: "grant", grantId: "other" })
    expect(revocations.isRevoked(token)).toBe(true)
    uptime = REVOCATION_MEMORY_SECONDS
    revocations.add({ kind: "grant", grantId: "another" })
    expect(revocations.isRevoked(token)).toBe(false)
  })

  it("beyond their bound become a gap: everything older is doubtful, nothing is believed by forgetting", () => {
    const revocations = createRecentRevocations({ uptime: () => 1, maxEvents: 2 })
    const before = revocations.mark()
    for (const grantId of ["g", "h", "i"]) revocations.add({ kind: "grant", grantId })
    expect(revocations.isRevoked(token)).toBe(false)
    expect(revocations.overtook(token, before)).toBe(true)
    expect(revocations.overtook(token, revocations.mark())).toBe(false)
  })

  it("tell what happened after a mark from what happened before", () => {
    const revocations = createRecentRevocations({ uptime: () => 1 })
    revocations.add({ kind: "subject", subject: "s" })
    const mark = revocations.mark()
    expect(revocations.overtook({ active: true, sub: "s" }, mark)).toBe(false)
    revocations.add({ kind: "subject", subject: "s" })
    expect(revocations.overtook({ active: true, sub: "s" }, mark)).toBe(true)
  })
})

describe("OAuth revocations compared between processes", () => {
  const token = { active: true, jti: "j", grant_id: "g", sub: "s", client_id: "c" } as const

  it.each<RevocationEvent>([
    { kind: "token", grantId: "g", jti: "j" },
    { kind: "grant", grantId: "g" },
    { kind: "subject", subject: "s" },
    { kind: "client", clientId: "c" },
  ])("%j: an answer from before it is doubtful, one from after it is not, by its place in the stream", (event) => {
    const revocations = createRecentRevocations({ uptime: () => 1, position: () => "30-0" })
    revocations.add(event, "20-5")
    for (const position of ["0-0", "9-9", "20-4"]) expect(revocations.overtookSince(token, position)).toBe(true)
    for (const position of ["20-5", "20-10", "100-0"]) expect(revocations.overtookSince(token, position)).toBe(false)
    expect(revocations.overtookSince({ active: true, jti: "other" }, "0-0")).toBe(false)
  })

  it("without a place nothing is certain: neither the feed's own, nor that of an event", () => {
    let position: string | undefined
    const revocations = createRecentRevocations({ uptime: () => 1, position: () => position })
    expect(revocations.overtookSince(token, "5-0")).toBe(true)
    position = "5-0"
    expect(revocations.overtookSince(token, "5-0")).toBe(false)
    revocations.add({ kind: "subject", subject: "s" })
    expect(revocations.overtookSince(token, "5-0")).toBe(true)
    expect(createRecentRevocations({ uptime: () => 1 }).overtookSince(token, "5-0")).toBe(true)
  })

  it("K15 a gap makes doubtful what was asked before its end, or everything for as long as anything is remembered", () => {
    let uptime = 1
    const revocations = createRecentRevocations({ uptime: () => uptime, position: () => "30-0", memorySeconds: 100 })
    revocations.addGap("20-0")
    expect(revocations.overtookSince(token, "19-9")).toBe(true)
    expect(revocations.overtookSince(token, "20-0")).toBe(false)
    revocations.addGap()
    uptime = 100
    expect(revocations.overtookSince(token, "30-0")).toBe(true)
    uptime = 101
    expect(revocations.overtookSince(token, "30-0")).toBe(false)
  })

  it("more events than can be remembered are a gap there too", () => {
    const revocations = createRecentRevocations({ uptime: () => 1, position: () => "30-0", maxEvents: 2 })
    for (const i of [1, 2, 3]) revocations.add({ kind: "grant", grantId: `g${i}` }, `${i}-0`)
    expect(revocations.overtookSince(token, "2-0")).toBe(true)
    expect(revocations.overtookSince(token, "3-0")).toBe(false)
  })

  it("feeds together have a place when one of them has", () => {
    const stream = { ...localRevocations(), position: () => "7-0" }
    expect(mergeRevocations(localRevocations(), stream).position?.()).toBe("7-0")
    expect(mergeRevocations(stream, stream).position?.()).toBeUndefined()
    expect(mergeRevocations(localRevocations()).position?.()).toBeUndefined()
  })
})
