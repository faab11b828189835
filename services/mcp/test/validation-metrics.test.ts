/** Token validations as numbers: each outcome, reason and origin is counted once, when it happens, from zero. */
import { unavailable } from "@gatehouse/oauth"
import { createMetrics } from "@gatehouse/service-kit"
import { localRevocations } from "@gatehouse/token-verifier"
import { describe, expect, it } from "vitest"
import {
  type Behaviour,
  cut,
  json,
  silence,
  status,
  text,
} from "../../shared/token-verifier/test/authorization-server.ts"
import { shareRedis, startSetting } from "../../shared/token-verifier/test/replicas.ts"
import { bearer, START } from "../../shared/token-verifier/test/setting.ts"
import { randomKid } from "../../shared/token-verifier/test/signing-key.ts"
import { createMcpMetrics } from "../src/index.ts"
import { lookingAt, request, startMeasured, startMeasuredFor, validation } from "./measured.ts"

const VALIDATIONS = /^mcp_token_validations_total$/

describe("OAuth metrics: where an answer came from", () => {
  it("is a miss at first, and this process's memory then", async () => {
    const { server, verifier, growth } = await startMeasured()
    const token = server.issueOpaque()
    expect(await growth(() => verifier.verifyToken(token))).toEqual({
      [validation("valid", "none", "introspection", "miss")]: 1,
      [request("active")]: 1,
    })
    expect(await growth(() => verifier.verifyMany([token, token]))).toEqual({
      [validation("valid", "none", "introspection", "l1")]: 2,
    })
  })

  it("is this process's memory for a refusal, too", async () => {
    const { verifier, growth } = await startMeasured()
    expect(await growth(() => verifier.verifyToken("unknown"))).toEqual({
      [validation("invalid", "inactive", "introspection", "miss")]: 1,
      [request("inactive")]: 1,
    })
    expect(await growth(() => verifier.verifyToken("unknown"))).toEqual({
      [validation("invalid", "inactive", "introspection", "l1")]: 1,
    })
  })

  it("is a miss for all who wait for one question, and counts who shared it", async () => {
    const { server, verifier, growth } = await startMeasured()
    const token = server.issueOpaque()
    expect(await growth(() => verifier.verifyMany([token, token, token]))).toEqual({
      [validation("valid", "none", "introspection", "miss")]: 3,
      [request("active")]: 1,
      'mcp_auth_single_flight_shared_total{server="primary"}': 2,
    })
  })

  it("is stale when its time is over and nobody answers, and counts each answer so used", async () => {
    const { server, verifier, clock, growth } = await startMeasured({}, { limits: { staleIfErrorSeconds: 60 } })
    const token = server.issueOpaque()
    await verifier.verifyToken(token)
    clock.advance(61)
    server.behaviour = status(500)
    expect(await growth(() => verifier.verifyMany([token, token]))).toEqual({
      [validation("valid", "none", "introspection", "stale")]: 2,
      [request("bad_response")]: 1,
      'mcp_auth_single_flight_shared_total{server="primary"}': 1,
      'mcp_auth_stale_served_total{server="primary"}': 1,
    })
  })

  it("is none for a form that no token of that server has", async () => {
    const { verifier, growth } = await startMeasured({ strategy: "hybrid", provider: "keycloak" })
    expect(await growth(() => verifier.verifyToken("no-jwt"))).toEqual({
      [validation("invalid", "unknown", "hybrid", "none")]: 1,
    })
  })

  it("is none in process, where nothing is remembered", async () => {
    let down = false
    const introspect = async () => {
      if (down) throw unavailable("the store does not answer")
      return { active: false }
    }
    const { verifier, growth } = await startMeasuredFor([{ issuer: "https://auth.test", introspect }])
    expect(await growth(() => verifier.verifyToken("T"))).toEqual({
      [validation("invalid", "inactive", "in-process", "none")]: 1,
    })
    down = true
    expect(await growth(() => verifier.verifyToken("T"))).toEqual({
      [validation("unavailable", "bad_response", "in-process", "none")]: 1,
    })
  })

  it("is the memory of a caller's own word, whoever hung up", async () => {
    const { server, verifier, growth } = await startMeasured()
    const gone = new AbortController()
    const token = server.issueOpaque()
    const { behaviour } = server
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    server.behaviour = async (exchange) => {
      await held
      return behaviour(exchange)
    }
    const counted = await growth(async () => {
      const left = verifier.verifyToken(token, gone.signal).catch(() => {})
      const stays = verifier.verifyToken(token)
      gone.abort()
      await left
      release()
      await stays
    })
    expect(counted[validation("valid", "none", "introspection", "miss")]).toBe(1)
    expect(Object.keys(counted).filter((series) => VALIDATIONS.test(series.split("{")[0] ?? ""))).toHaveLength(1)
  })
})

describe("OAuth metrics: answers that replicas share", () => {
  const redis = shareRedis()

  it("are l2 for a replica that did not ask, and its own memory from then on", async () => {
    const setting = await startSetting(redis)
    await setting.startFirst()
    const metrics = createMetrics({ name: "mcp", version: "0.0.0" })
    const { observer } = createMcpMetrics(metrics, [{ strategy: "introspection" }])
    const second = await setting.startReplica({ observer })
    const { growth } = lookingAt(metrics)
    expect(await growth(() => second.verifyToken("T"))).toEqual({
      [validation("valid", "none", "introspection", "l2")]: 1,
    })
    expect(await growth(() => second.verifyToken("T"))).toEqual({
      [validation("valid", "none", "introspection", "l1")]: 1,
    })
  })
})

describe("OAuth metrics: why a token is refused", () => {
  it.each([
    ["missing", []],
    ["malformed", ["Authorization", "Bearer", "Authorization", "Bearer x"]],
  ])("counts a request as %s without anybody's word", async (reason, headers) => {
    const { verifier, growth } = await startMeasured()
    expect(await growth(() => verifier.verify(["Host", "mcp.test", ...headers]))).toEqual({
      [validation("invalid", reason, "none", "none")]: 1,
    })
  })

  it.each([
    ["expired", { exp: START - 60 }],
    ["not_yet_valid", { nbf: START + 60 }],
    ["wrong_audience", { aud: "https://other.test" }],
    ["wrong_issuer", { iss: "https://other.test" }],
    ["wrong_token_kind", { token_type: "DPoP" }],
    ["malformed", { sub: "" }],
  ])("counts %s, by what the authorization server said", async (reason, claims) => {
    const { server, verifier, growth } = await startMeasured()
    const token = server.issueOpaque(claims)
    expect(await growth(() => verifier.verify(bearer(token)), VALIDATIONS)).toEqual({
      [validation("invalid", reason, "introspection", "miss")]: 1,
    })
  })

  it("counts a token that was revoked while it is remembered as such", async () => {
    const revocations = localRevocations()
    const { server, verifier, growth } = await startMeasured({}, { revocations })
    const token = server.issueOpaque({ grant_id: "grant-2" })
    await verifier.verifyToken(token)
    revocations.publish({ kind: "grant", grantId: "grant-2" })
    expect(await growth(() => verifier.verifyToken(token))).toEqual({
      [validation("invalid", "revoked", "introspection", "l1")]: 1,
    })
  })

  it("counts forged and unknown signatures without a request, by the strategy that found them", async () => {
    for (const strategy of ["hybrid", "jwt"] as const) {
      const { server, verifier, growth } = await startMeasured({ strategy })
      const good = server.issue()
      const forged = `${good.slice(0, -8)}AAAAAAAA`
      expect(await growth(() => verifier.verifyToken(forged))).toEqual({
        [validation("invalid", "bad_signature", strategy, "miss")]: 1,
      })
      expect(await growth(() => verifier.verifyToken(server.issue({}, { kid: randomKid(1) })))).toEqual({
        [validation("invalid", "unknown_key", strategy, "miss")]: 1,
        'mcp_jwks_refresh_total{server="primary",outcome="success"}': 1,
      })
    }
  })
})

describe("OAuth metrics: why we cannot tell", () => {
  const failures: [reason: string, Behaviour][] = [
    ["bad_response", status(500)],
    ["bad_response", text("not JSON")],
    ["bad_response", json({ active: "true" })],
    ["network", cut],
    ["timeout", silence],
    ["rate_limited", status(429, { "retry-after": "7" })],
    ["credentials_rejected", status(401)],
  ]
  it.each(failures)("counts %s, for the request and for the token", async (reason, behaviour) => {
    const { server, verifier, growth } = await startMeasured({}, { limits: { perTryTimeoutMs: 100 } })
    server.behaviour = behaviour
    expect(await growth(() => verifier.verifyToken("T"))).toEqual({
      [validation("unavailable", reason, "introspection", "miss")]: 1,
      [request(reason)]: 1,
    })
  })

  it("counts who is told to wait without a request, as long as the server wants no more", async () => {
    const { server, verifier, growth } = await startMeasured()
    server.behaviour = status(429, { "retry-after": "7" })
    await verifier.verifyToken("T")
    expect(await growth(() => verifier.verifyToken("T"))).toEqual({
      [validation("unavailable", "rate_limited", "introspection", "miss")]: 1,
    })
  })

  it("counts refused when nobody listens", async () => {
    const { server, verifier, growth } = await startMeasured()
    await server.close()
    expect(await growth(() => verifier.verifyToken("T"))).toEqual({
      [validation("unavailable", "refused", "introspection", "miss")]: 1,
      [request("refused")]: 1,
    })
  })

  it("counts overloaded without a request", async () => {
    const { server, verifier, growth } = await startMeasured({}, { limits: { maxConcurrent: 1, maxQueued: 0 } })
    const { behaviour } = server
    server.behaviour = async (exchange) => {
      await expect.poll(refusedOne).toBe(true)
      return behaviour(exchange)
    }
    let refused = false
    const refusedOne = () => refused
    const counted = await growth(async () => {
      const first = verifier.verifyToken("T1")
      await expect.poll(() => server.calls.length).toBe(1)
      await verifier.verifyToken("T2")
      refused = true
      await first
    })
    expect(counted).toEqual({
      [validation("unavailable", "overloaded", "introspection", "miss")]: 1,
      [validation("invalid", "inactive", "introspection", "miss")]: 1,
      [request("inactive")]: 1,
    })
  })

  it("counts keys_unavailable, and the reading that failed", async () => {
    const { server, verifier, growth } = await startMeasured({ strategy: "jwt" })
    server.documents.set("/jwks", status(500))
    expect(await growth(() => verifier.verifyToken(server.issue({}, { kid: randomKid(2) })))).toEqual({
      [validation("unavailable", "keys_unavailable", "jwt", "miss")]: 1,
      'mcp_jwks_refresh_total{server="primary",outcome="failure"}': 1,
    })
  })

  it("counts circuit_open without a request, once half of the latest have failed", async () => {
    const { server, verifier, growth } = await startMeasured()
    server.behaviour = status(500)
    for (let i = 0; i < 5; i++) await verifier.verifyToken(`T${i}`)
    expect(await growth(() => verifier.verifyToken("T"))).toEqual({
      [validation("unavailable", "circuit_open", "introspection", "miss")]: 1,
    })
  })
})
