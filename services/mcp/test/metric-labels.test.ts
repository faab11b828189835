/** Labels of metrics: closed lists that start at zero, and nothing of anybody. */
import { createMetrics } from "@gatehouse/service-kit"
import { checkMetrics, readExposition } from "@gatehouse/test-kit"
import { describe, expect, it } from "vitest"
import { status } from "../../shared/token-verifier/test/authorization-server.ts"
import { credentials, startIssuingServer } from "../../shared/token-verifier/test/issuing-server.ts"
import { createMcpMetrics } from "../src/index.ts"
import { request, startMeasured, startMeasuredFor, validation } from "./measured.ts"

describe("OAuth metrics: labels", () => {
  const start = async (servers: Parameters<typeof createMcpMetrics>[1]) => {
    const metrics = createMetrics({ name: "mcp", version: "0.0.0" })
    createMcpMetrics(metrics, servers)
    return readExposition((await metrics.expose("prometheus")).body)
  }

  it("start at zero for every strategy that a server may turn out to have, and for no other", async () => {
    const auto = await start([{}])
    for (const strategy of ["introspection", "jwt", "hybrid", "provider-api"])
      for (const [outcome, reason, cache] of [
        ["valid", "none", "l1"],
        ["valid", "none", "l2"],
        ["valid", "none", "stale"],
        ["invalid", "unknown_key", "miss"],
        ["invalid", "inactive", "l1"],
        ["invalid", "expired", "l1"],
        ["invalid", "revoked", "l1"],
        ["invalid", "revoked", "l2"],
        ["unavailable", "credentials_rejected", "miss"],
        ["unavailable", "circuit_open", "miss"],
      ] as const)
        expect(auto.value(validation(outcome, reason, strategy, cache))).toBe(0)
    expect(auto.value(validation("invalid", "unknown", "hybrid", "none"))).toBe(0)
    const jwt = await start([{ strategy: "jwt" }])
    const strategies = new Set(jwt.labelsOf("mcp_token_validations_total").map(({ strategy }) => strategy))
    expect(strategies).toEqual(new Set(["none", "jwt"]))
    const inProcess = await start([{ introspect: async () => ({ active: false }) }])
    expect(inProcess.value(validation("unavailable", "bad_response", "in-process", "none"))).toBe(0)
    expect(inProcess.value(validation("invalid", "missing", "none", "none"))).toBe(0)
  })

  it("start at zero for as many servers as there are", async () => {
    const two = await start([{}, {}])
    for (const server of ["primary", "secondary"]) {
      expect(two.value(request("refused", server))).toBe(0)
      expect(two.value(`mcp_introspection_retries_total{server="${server}"}`)).toBe(0)
      expect(two.value(`mcp_jwks_refresh_total{server="${server}",outcome="failure"}`)).toBe(0)
    }
    expect(two.value(request("refused", "third"))).toBeUndefined()
    expect(two.value(validation("invalid", "wrong_issuer", "none", "none"))).toBe(0)
  })

  it("pass promtool check metrics", async () => {
    const { text: exposition } = await start([{}, { introspect: async () => ({ active: false }) }])
    expect(checkMetrics(exposition)).toBe("")
  })

  it("say nothing of a token, a client, a person or an address", async () => {
    const { server, verifier, exposed } = await startMeasured({ strategy: "hybrid" })
    const tokens = [server.issue({ sub: "demo|secret-subject", client_id: "secret-client" }), server.issueOpaque(), "x"]
    await verifier.verifyMany(tokens)
    server.behaviour = status(500)
    await verifier.verifyMany([...tokens, server.issue({ jti: "secret-jti" })])
    const { text: exposition } = await exposed()
    const secrets = [...tokens, "secret", "grant-1", "jti-", "127.0.0.1", String(server.port), credentials.clientSecret]
    for (const secret of secrets.filter((each) => each.length > 1)) expect(exposition).not.toContain(secret)
  })

  it("name a server by its place, whoever's tokens they are", async () => {
    const [first, second] = [await startIssuingServer(), await startIssuingServer()]
    const servers = [first, second].map(({ issuer }) => ({ issuer, credentials, strategy: "introspection" as const }))
    const { verifier, growth } = await startMeasuredFor(servers)
    await expect.poll(() => verifier.servers().every(({ metadata }) => metadata !== undefined)).toBe(true)
    expect(await growth(() => verifier.verifyToken(second.issueOpaque()))).toEqual({
      [validation("valid", "none", "introspection", "miss")]: 1,
      [request("inactive", "primary")]: 1,
      [request("active", "secondary")]: 1,
    })
    expect(await growth(() => verifier.verifyToken(first.issue({ iss: "https://third.test" })))).toEqual({
      [validation("invalid", "wrong_issuer", "none", "none")]: 1,
    })
  })
})
