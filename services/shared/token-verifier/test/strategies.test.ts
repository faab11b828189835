/** How tokens are validated: what auto chooses and says, what each strategy asks, and what it refuses without asking. */
import { createTokenVerifier, localRevocations, WrongConfiguration } from "@gatehouse/token-verifier"
import { describe, expect, it, onTestFinished } from "vitest"
import { json, silence, status } from "./authorization-server.ts"
import { credentials, startIssuingServer, startVerifierFor } from "./issuing-server.ts"
import { RESOURCE, START } from "./setting.ts"
import { makeKey } from "./signing-key.ts"

const valid = expect.objectContaining({ outcome: "valid" })
const invalid = (reason: string) => ({ outcome: "invalid", reason })
const unavailable = (reason: string) => expect.objectContaining({ outcome: "unavailable", reason })
const OURS = { gatehouse_access_token_type: "at+jwt" }

describe("OAuth token validation strategies: what auto chooses", () => {
  const strategyFor = async (members: Record<string, unknown>, options: object) => {
    const server = await startIssuingServer()
    server.publish(members)
    const { verifier } = await startVerifierFor([{ issuer: server.issuer, ...options }])
    return verifier.servers()[0]?.strategy
  }

  it("hybrid at our own server, and says why", async () => {
    expect(await strategyFor(OURS, { credentials })).toEqual({
      name: "hybrid",
      why: expect.stringContaining("signatures are checked here"),
    })
  })

  it("introspection where nothing says what the tokens look like", async () => {
    expect(await strategyFor({}, { credentials })).toMatchObject({ name: "introspection" })
  })

  it("jwt without credentials, and says that revoked tokens live until they expire", async () => {
    expect(await strategyFor({}, {})).toEqual({
      name: "jwt",
      why: expect.stringMatching(/INTROSPECTION_CLIENT_ID.*until it expires/),
    })
  })

  it("what was asked for", async () => {
    expect(await strategyFor(OURS, { credentials, strategy: "jwt" })).toEqual({
      name: "jwt",
      why: "TOKEN_VALIDATION=jwt was set",
    })
  })

  it.each([
    [
      "nothing is published and nobody is known",
      { jwks_uri: undefined, introspection_endpoint: undefined },
      {},
      /JWKS_URL/,
    ],
    ["introspection without credentials", {}, { strategy: "introspection" }, /needs INTROSPECTION_CLIENT_ID/],
    ["hybrid without keys", { jwks_uri: undefined }, { credentials, strategy: "hybrid" }, /needs JWKS_URL/],
    ["the API of no provider", {}, { strategy: "provider-api" }, /provider-api cannot work with generic/],
    ["keys on another domain", { jwks_uri: "https://keys.evil.test/jwks" }, {}, /another domain.*JWKS_URL=/],
    [
      "an introspection endpoint on another domain",
      { introspection_endpoint: "http://127.0.0.2:1/introspect" },
      { credentials },
      /another domain.*INTROSPECTION_URL=/,
    ],
  ])("U5 refuses to start: %s", async (_, members, options, sentence) => {
    await expect(strategyFor(members, options)).rejects.toThrow(WrongConfiguration)
    await expect(strategyFor(members, options)).rejects.toThrow(sentence)
  })

  it("follows keys to another domain when the operator vouches for it", async () => {
    const [server, keys] = [await startIssuingServer(), await startIssuingServer()]
    keys.keys = server.keys
    const jwksUrl = `${keys.issuer.replace("127.0.0.1", "localhost")}/jwks`
    const { verifier } = await startVerifierFor([{ issuer: server.issuer, strategy: "jwt", jwksUrl }])
    expect(await verifier.verifyToken(server.issue())).toEqual(valid)
    expect(server.keysFetched()).toBe(0)
  })
})

describe("OAuth token validation strategy: hybrid", () => {
  async function start() {
    const server = await startIssuingServer()
    server.publish(OURS)
    return { server, ...(await startVerifierFor([{ issuer: server.issuer, credentials }])) }
  }

  it("asks about a token whose signature is good, once", async () => {
    const { server, verifier } = await start()
    const token = server.issue()
    expect(await verifier.verifyToken(token)).toEqual(valid)
    expect(await verifier.verifyToken(token)).toEqual(valid)
    expect(server.calls).toHaveLength(1)
  })

  it("remembers what is signed beside what is answered, so that a revocation finds the token by its names", async () => {
    const server = await startIssuingServer()
    server.publish(OURS)
    const revocations = localRevocations()
    const { verifier } = await startVerifierFor([{ issuer: server.issuer, credentials }], { revocations })
    server.behaviour = json({ active: true })
    const token = server.issue()
    const claims = { sub: "demo|alice", aud: RESOURCE, grant_id: "grant-1" }
    for (let times = 0; times < 2; times++)
      expect(await verifier.verifyToken(token)).toMatchObject({ outcome: "valid", claims })
    expect(server.calls).toHaveLength(1)
    revocations.publish({ kind: "grant", grantId: "grant-1" })
    expect(await verifier.verifyToken(token)).toEqual(invalid("revoked"))
  })

  it("J10 refuses a revoked token though its signature is good", async () => {
    const { server, verifier } = await start()
    const token = server.issue()
    server.revoke(token)
    expect(await verifier.verifyToken(token)).toEqual(invalid("inactive"))
  })

  it.each([
    ["forged", (s: Server) => makeKey({ kid: "k1" }).accessToken(claimsOf(s)), "bad_signature"],
    ["signed with an unknown key", (s: Server) => makeKey({ kid: "k9" }).accessToken(claimsOf(s)), "unknown_key"],
    ["of another issuer", (s: Server) => s.issue({ iss: "https://other.test" }), "wrong_issuer"],
    ["J5 of the issuer with a slash", (s: Server) => s.issue({ iss: `${s.issuer}/` }), "wrong_issuer"],
    ["J5 of a list of issuers", (s: Server) => s.issue({ iss: [s.issuer] }), "wrong_issuer"],
    ["U1 for another resource", (s: Server) => s.issue({ aud: "https://other.test/mcp" }), "wrong_audience"],
    ["U3 for nobody", (s: Server) => s.issue({ aud: undefined }), "wrong_audience"],
    ["U4 for a list that is none", (s: Server) => s.issue({ aud: [[RESOURCE]] }), "wrong_audience"],
    ["expired", (s: Server) => s.issue({ exp: START - 60 }), "expired"],
    ["J3 without expiry", (s: Server) => s.issue({ exp: undefined }), "malformed"],
    ["K2 with an expiry in words", (s: Server) => s.issue({ exp: "tomorrow" }), "malformed"],
    ["not valid yet", (s: Server) => s.issue({ nbf: START + 60 }), "not_yet_valid"],
    ["J2 an ID token by its type", (s: Server) => s.issue({}, { typ: "JWT" }), "wrong_token_kind"],
    ["bound to a key", (s: Server) => s.issue({ cnf: { jkt: "x" } }), "wrong_token_kind"],
    ["E8 of nobody", (s: Server) => s.issue({ sub: "" }), "malformed"],
    ["opaque", () => "garbage", "unknown"],
  ])("refuses without asking: a token that is %s", async (_, tokenOf, reason) => {
    const { server, verifier } = await start()
    expect(await verifier.verifyToken(tokenOf(server))).toEqual(invalid(reason))
    expect(server.calls).toHaveLength(0)
  })

  it("10,000 garbage tokens cost the authorization server no call, nor its keys more than one", async () => {
    const { server, verifier } = await start()
    const forger = makeKey({ kid: "k1" })
    const payload = claimsOf(server)
    const garbage = Array.from({ length: 10_000 }, (_, i) =>
      i % 10 === 0 ? forger.accessToken({ ...payload, jti: `${i}` }) : i % 10 === 1 ? `eyJ${i}.e30.x` : `garbage-${i}`,
    )
    const before = server.keysFetched()
    const answers = await verifier.verifyMany(garbage)
    expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(["invalid"]))
    expect(server.calls).toHaveLength(0)
    expect(server.keysFetched() - before).toBeLessThanOrEqual(1)
  }, 60_000)

  it("1,000 requests at once with one cold token cost it exactly one call", async () => {
    const { server, verifier } = await start()
    const token = server.issue()
    const answers = await Promise.all(Array.from({ length: 1000 }, () => verifier.verifyToken(token)))
    expect(answers.every(({ outcome }) => outcome === "valid")).toBe(true)
    expect(server.calls).toHaveLength(1)
  })

  it("G9 never takes the signature for the answer: a token not seen before is unavailable while nobody can be asked", async () => {
    const { server, verifier } = await start()
    const [known, unknown] = [server.issue(), server.issue()]
    expect(await verifier.verifyToken(known)).toEqual(valid)
    server.behaviour = status(500)
    expect(await verifier.verifyToken(unknown)).toEqual(unavailable("bad_response"))
    expect(await verifier.verifyToken(known)).toEqual(valid)
  })

  it("still refuses and admits when keys cannot be read but tokens can be asked about", async () => {
    const { server, verifier } = await start()
    server.keys = [makeKey({ kid: "k2" })]
    server.documents.set("/jwks", status(500))
    expect(await verifier.verifyToken(server.issue())).toEqual(valid)
  })

  it("takes rotated keys without a restart", async () => {
    const { server, verifier } = await start()
    const old = server.issue()
    server.keys = [...server.keys, makeKey({ kid: "k2" })]
    expect(await verifier.verifyToken(server.issue())).toEqual(valid)
    expect(await verifier.verifyToken(old)).toEqual(valid)
  })
})

type Server = Awaited<ReturnType<typeof startIssuingServer>>
const claimsOf = (server: Server) => ({ iss: server.issuer, sub: "x", aud: RESOURCE, exp: START + 600 })

describe("OAuth token validation strategy: jwt", () => {
  async function start() {
    const server = await startIssuingServer()
    return { server, ...(await startVerifierFor([{ issuer: server.issuer }])) }
  }

  it("asks nobody about a token, and admits it through an outage", async () => {
    const { server, verifier } = await start()
    server.documents.set("/jwks", silence)
    expect(await verifier.verifyToken(server.issue())).toEqual(valid)
    expect(server.calls).toHaveLength(0)
  })

  it("refuses what is no JWT", async () => {
    const { verifier } = await start()
    expect(await verifier.verifyToken("opaque")).toEqual(invalid("malformed"))
  })

  it("W4 is unavailable, not invalid, when the last good keys are older than a day", async () => {
    const { server, verifier, clock } = await start()
    server.documents.set("/jwks", status(500))
    clock.advance(86_000)
    const claims = { exp: START + 90_000 }
    expect(await verifier.verifyToken(server.issue(claims))).toEqual(valid)
    clock.advance(1000)
    expect(await verifier.verifyToken(server.issue(claims))).toEqual(unavailable("keys_unavailable"))
  })

  it("is not ready before keys were read once", async () => {
    const server = await startIssuingServer()
    server.documents.set("/jwks", status(503))
    const verifier = createTokenVerifier({
      audience: RESOURCE,
      servers: [{ issuer: server.issuer }],
      limits: { rediscoverSeconds: 0.01 },
      now: () => START,
    })
    onTestFinished(() => verifier.close())
    const started = verifier.start()
    await expect.poll(() => server.keysFetched()).toBeGreaterThan(2)
    expect(await verifier.verifyToken(server.issue())).toEqual(unavailable("keys_unavailable"))
    server.documents.delete("/jwks")
    server.documents.set(
      "/jwks",
      ({ response }) => void response.end(JSON.stringify({ keys: server.keys.map((k) => k.jwk) })),
    )
    await started
    expect(await verifier.verifyToken(server.issue())).toEqual(valid)
  })
})

describe("OAuth token validation: whom tokens are for", () => {
  it("accepts audiences that the operator names beside the resource", async () => {
    const server = await startIssuingServer()
    const { verifier } = await startVerifierFor([{ issuer: server.issuer, allowedAudiences: ["api-guid"] }])
    expect(await verifier.verifyToken(server.issue({ aud: "api-guid" }))).toEqual(valid)
    expect(await verifier.verifyToken(server.issue({ aud: "other" }))).toEqual(invalid("wrong_audience"))
  })

  it("refuses tokens of other clients than those that the operator allows", async () => {
    const server = await startIssuingServer()
    const { verifier } = await startVerifierFor([{ issuer: server.issuer, allowedClientIds: ["ours"] }])
    expect(await verifier.verifyToken(server.issue({ client_id: "ours" }))).toEqual(valid)
    expect(await verifier.verifyToken(server.issue({ client_id: "theirs" }))).toEqual(invalid("wrong_audience"))
    expect(await verifier.verifyToken(server.issue({ client_id: undefined }))).toEqual(invalid("wrong_audience"))
  })

  it("takes https://host and https://host/ for one resource", async () => {
    const server = await startIssuingServer()
    const { verifier } = await startVerifierFor([{ issuer: server.issuer }], { audience: "https://mcp.test" })
    expect(await verifier.verifyToken(server.issue({ aud: "https://mcp.test/" }))).toEqual(valid)
    expect(await verifier.verifyToken(server.issue({ aud: "https://mcp.test" }))).toEqual(valid)
  })

  it("reads scopes without the prefix that the provider puts before them", async () => {
    const server = await startIssuingServer()
    const { verifier } = await startVerifierFor([{ issuer: server.issuer, scopePrefix: `${RESOURCE}/` }])
    const token = server.issue({ scope: `openid ${RESOURCE}/mcp:tools` })
    expect(await verifier.verifyToken(token)).toMatchObject({ claims: { scope: "openid mcp:tools" } })
  })
})
