/** The authorization server and the way to it as numbers: up, circuit, places, memory, keys. */
import { describe, expect, it } from "vitest"
import { status } from "../../shared/token-verifier/test/authorization-server.ts"
import { credentials, startIssuingServer } from "../../shared/token-verifier/test/issuing-server.ts"
import { makeKey } from "../../shared/token-verifier/test/signing-key.ts"
import { request, startMeasured, startMeasuredFor, validation } from "./measured.ts"

const of = (name: string, server = "primary") => `${name}{server="${server}"}`

/** Answers wait until the returned function is called. */
function hold(server: Awaited<ReturnType<typeof startMeasured>>["server"]): () => void {
  const { behaviour } = server
  const { promise, resolve } = Promise.withResolvers<void>()
  server.behaviour = async (exchange) => {
    await promise
    return behaviour(exchange)
  }
  return resolve
}

describe("OAuth metrics: the authorization server", () => {
  it("is up until it gives no usable answer, and again when it does", async () => {
    const { server, verifier, value } = await startMeasured()
    expect(await value(of("mcp_auth_server_up"))).toBe(1)
    const { behaviour } = server
    server.behaviour = status(500)
    await verifier.verifyToken("T")
    expect(await value(of("mcp_auth_server_up"))).toBe(0)
    server.behaviour = behaviour
    await verifier.verifyToken("T")
    expect(await value(of("mcp_auth_server_up"))).toBe(1)
  })

  it("is not up before it was reached, each server by itself", async () => {
    const [first, second] = [await startIssuingServer(), await startIssuingServer()]
    second.documents.set("/.well-known/oauth-authorization-server", status(500))
    const servers = [first, second].map(({ issuer }) => ({ issuer, credentials }))
    const { verifier, value, growth } = await startMeasuredFor(servers)
    expect(await value(of("mcp_auth_server_up"))).toBe(1)
    expect(await value(of("mcp_auth_server_up", "secondary"))).toBe(0)
    await expect.poll(() => verifier.verifyToken(second.issue())).toMatchObject({ reason: "bad_response" })
    expect(await growth(() => verifier.verifyToken(second.issue()))).toEqual({
      [validation("unavailable", "bad_response", "undecided", "none")]: 1,
    })
  })

  it("is down while its keys cannot be read, where nothing else is asked of it", async () => {
    const { server, verifier, clock, value } = await startMeasured(
      { strategy: "jwt" },
      { limits: { refreshSeconds: 0.02 } },
    )
    const token = server.issue()
    server.documents.set("/jwks", status(500))
    await expect.poll(() => value(of("mcp_auth_server_up"))).toBe(0)
    clock.advance(1)
    expect(await verifier.verifyToken(token)).toMatchObject({ outcome: "valid" }) // by the keys that it knows
    expect(await value(of("mcp_auth_server_up"))).toBe(0)
    server.documents.set("/jwks", ({ response }) => {
      response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [server.keys[0]?.jwk] }))
    })
    await expect.poll(() => value(of("mcp_auth_server_up"))).toBe(1)
  })

  it("has a circuit that is closed, open, half open while one question decides, and closed again", async () => {
    const { server, verifier, clock, value } = await startMeasured()
    const state = () => value(of("mcp_auth_circuit_state"))
    expect(await state()).toBe(0)
    const { behaviour } = server
    server.behaviour = status(500)
    for (let i = 0; i < 5; i++) await verifier.verifyToken(`T${i}`)
    expect(await state()).toBe(2)
    server.behaviour = behaviour
    const release = hold(server)
    clock.advance(6)
    const probe = verifier.verifyToken("T")
    await expect.poll(() => server.calls.length).toBe(6)
    expect(await state()).toBe(1)
    release()
    await probe
    expect(await state()).toBe(0)
  })

  it("counts what is on its way, and what waits for a place", async () => {
    const { server, verifier, value } = await startMeasured({}, { limits: { maxConcurrent: 1, maxQueued: 8 } })
    const places = async () => [
      await value(of("mcp_introspection_in_flight")),
      await value(of("mcp_introspection_queued")),
    ]
    expect(await places()).toEqual([0, 0])
    const release = hold(server)
    const under = verifier.verifyMany(["T1", "T2", "T3"])
    await expect.poll(() => server.calls.length).toBe(1)
    expect(await places()).toEqual([1, 2])
    release()
    await under
    expect(await places()).toEqual([0, 0])
  })

  it("counts each try, and each that was made again", async () => {
    const { server, verifier, growth } = await startMeasured({}, { limits: { retries: 2 } })
    server.behaviour = status(500)
    expect(await growth(() => verifier.verifyToken("T"))).toEqual({
      [validation("unavailable", "bad_response", "introspection", "miss")]: 1,
      [request("bad_response")]: 3,
      [of("mcp_introspection_retries_total")]: 2,
    })
  })
})

describe("OAuth metrics: what is remembered", () => {
  it("is counted by tier, and what had to make room for other answers", async () => {
    const { server, verifier, growth, value } = await startMeasured({}, { cache: { maxPositive: 2, maxNegative: 1 } })
    const entries = async () => [
      await value('mcp_auth_cache_entries{tier="positive"}'),
      await value('mcp_auth_cache_entries{tier="negative"}'),
    ]
    expect(await entries()).toEqual([0, 0])
    const active = [server.issueOpaque(), server.issueOpaque(), server.issueOpaque()]
    const counted = await growth(() => verifier.verifyMany([...active, "unknown 1", "unknown 2"]), /evictions_total$/)
    expect(counted).toEqual({
      'mcp_auth_cache_evictions_total{tier="positive"}': 1,
      'mcp_auth_cache_evictions_total{tier="negative"}': 1,
    })
    expect(await entries()).toEqual([2, 1])
  })

  it("is no eviction when its time is over", async () => {
    const { verifier, clock, growth } = await startMeasured()
    await verifier.verifyToken("unknown")
    clock.advance(6)
    expect(await growth(() => verifier.verifyToken("unknown"), /evictions_total$/)).toEqual({})
  })
})

describe("OAuth metrics: signing keys", () => {
  it("are counted, with the time since they were read, where signatures are checked", async () => {
    const { server, verifier, clock, value, growth } = await startMeasured({ strategy: "jwt" })
    expect(await value(of("mcp_jwks_keys"))).toBe(1)
    clock.advance(90)
    expect(await value(of("mcp_jwks_age_seconds"))).toBe(90)
    server.keys.push(makeKey({ kid: "k2", alg: "ES256", use: "sig" }))
    expect(await growth(() => verifier.verifyToken(server.issue()))).toEqual({
      [validation("valid", "none", "jwt", "miss")]: 1,
      'mcp_jwks_refresh_total{server="primary",outcome="success"}': 1,
    })
    expect(await value(of("mcp_jwks_keys"))).toBe(2)
    expect(await value(of("mcp_jwks_age_seconds"))).toBe(0)
  })

  it("have no numbers where no signature is checked", async () => {
    const { exposed } = await startMeasured()
    const { labelsOf } = await exposed()
    expect([...labelsOf("mcp_jwks_keys"), ...labelsOf("mcp_jwks_age_seconds")]).toEqual([])
  })
})
