/** What the verifier says about what an authorization server answers: one judgement for every request. */
import { createTokenVerifier, WrongConfiguration } from "@gatehouse/token-verifier"
import { describe, expect, it } from "vitest"
import { json, status, text } from "./authorization-server.ts"
import { activeToken, bearer, RESOURCE, START, startVerifier } from "./setting.ts"

const invalid = (reason: string) => ({ outcome: "invalid", reason })
const unavailable = (reason: string) => expect.objectContaining({ outcome: "unavailable", reason })

describe("OAuth token verifier: a valid token", () => {
  it("yields the claims, asked for with our own form-encoded credentials (RFC 6749 §2.3.1, RFC 7662 §2.1)", async () => {
    const { server, verifier } = await startVerifier()
    const { active: _, token_type: __, ...claims } = activeToken(server.issuer)
    expect(await verifier.verify(bearer("T"))).toEqual({ outcome: "valid", claims })
    const [call] = server.calls
    expect(Object.fromEntries(call?.form ?? [])).toEqual({ token: "T", token_type_hint: "access_token" })
    const credentials = Buffer.from(call?.request.headers.authorization?.slice(6) ?? "", "base64").toString()
    expect(credentials).toBe("mcp:s%3Ae+c%25ret")
  })

  it("makes nothing up for what another authorization server leaves out, but an expiry within a minute", async () => {
    const { server, verifier } = await startVerifier()
    server.behaviour = json({ active: true, sub: "alice", aud: RESOURCE })
    expect(await verifier.verifyToken("T")).toEqual({
      outcome: "valid",
      claims: { iss: server.issuer, sub: "alice", aud: RESOURCE, scope: "", exp: START + 60 },
    })
  })

  it("K11 cannot be widened by whoever gets the claims", async () => {
    const { server, verifier } = await startVerifier()
    server.behaviour = json(activeToken(server.issuer, { aud: [RESOURCE, "https://other.test"] }))
    const first = await verifier.verifyToken("T")
    if (first.outcome !== "valid") throw new Error(first.reason)
    expect(() => Object.assign(first.claims, { scope: "admin" })).toThrow(TypeError)
    expect(() => (first.claims.aud as string[]).push("https://evil.test")).toThrow(TypeError)
    expect(await verifier.verifyToken("T")).toEqual(first)
    expect(server.calls).toHaveLength(1)
  })
})

describe("OAuth token verifier: what costs nobody a call", () => {
  it.each([
    ["B1 no header", ["Host", "h"], "missing"],
    ["B2 another scheme", ["Authorization", "Basic x"], "missing"],
    ["B5 two headers", ["Authorization", "Bearer T", "Authorization", "Bearer T"], "malformed"],
    ["B6 two credentials", ["Authorization", "Bearer A, Bearer B"], "malformed"],
    ["B9 what is not token68", ["Authorization", "Bearer a\0b"], "malformed"],
    ["B9 20 kB", ["Authorization", `Bearer ${"a".repeat(20_000)}`], "malformed"],
  ])("%s", async (_, rawHeaders, reason) => {
    const { server, verifier } = await startVerifier()
    expect(await verifier.verify(rawHeaders)).toEqual(invalid(reason))
    expect(server.calls).toHaveLength(0)
  })
})

describe("OAuth token verifier: the judgement", () => {
  it.each<[string, object, string | undefined]>([
    ["U1 a token for another resource", { aud: "https://other.test/mcp" }, "wrong_audience"],
    ["U1 an audience that only begins alike", { aud: `${RESOURCE}/` }, "wrong_audience"],
    ["U3 no audience", { aud: undefined }, "wrong_audience"],
    ["U3 an empty audience", { aud: [] }, "wrong_audience"],
    ["U4 us among several audiences", { aud: ["https://other.test", RESOURCE] }, undefined],
    ["U4 an audience with a number in it", { aud: [RESOURCE, 5] }, "wrong_audience"],
    ["U4 an audience in an audience", { aud: [[RESOURCE]] }, "wrong_audience"],
    ["U4 an audience that is an object", { aud: { [RESOURCE]: true } }, "wrong_audience"],
    ["another issuer", { iss: "https://evil.test" }, "wrong_issuer"],
    ["J5 the issuer with a slash that its metadata does not have", { slash: true }, "wrong_issuer"],
    ["no issuer: the one that answered", { iss: undefined }, undefined],
    ["E8 no subject", { sub: undefined }, "malformed"],
    ["E8 an empty subject", { sub: "" }, "malformed"],
    ["E8 a blank subject", { sub: " \t" }, "malformed"],
    ["E8 a made-up subject", { sub: "unknown" }, "malformed"],
    ["J9 a token that expired two minutes ago", { exp: START - 120 }, "expired"],
    ["J9 a token that expired as long ago as clocks may differ", { exp: START - 5 }, "expired"],
    ["J9 a token that expired within the clocks' difference", { exp: START - 4 }, undefined],
    ["J9 a token of the future within the clocks' difference", { nbf: START + 5 }, undefined],
    ["J9 a token of the future beyond it", { nbf: START + 6 }, "not_yet_valid"],
    ["J9 a token that begins in two minutes", { nbf: START + 120 }, "not_yet_valid"],
    ["K2 a token that expired in 1970", { exp: 0 }, "expired"],
    ["K2 a token that expired before that", { exp: -1 }, "expired"],
    ["an ID token", { token_use: "id" }, "wrong_token_kind"],
    ["a refresh token", { typ: "Refresh" }, "wrong_token_kind"],
    ["a token bound to a key, by its type", { token_type: "DPoP" }, "wrong_token_kind"],
    ["a token bound to a key, by its claim", { cnf: { jkt: "x" } }, "wrong_token_kind"],
    [
      "kinds as several servers write them",
      { token_type: "access_token", token_use: "access", typ: "at+jwt" },
      undefined,
    ],
    ["S2 no scope", { scope: undefined }, undefined],
  ])("%s", async (_, { slash, ...changes }: { slash?: boolean }, reason) => {
    const { server, verifier } = await startVerifier()
    server.behaviour = json(activeToken(server.issuer, slash ? { iss: `${server.issuer}/` } : changes))
    expect(await verifier.verifyToken("T")).toMatchObject(reason ? invalid(reason) : { outcome: "valid" })
    // From memory, too.
    expect(await verifier.verifyToken("T")).toMatchObject(reason ? invalid(reason) : { outcome: "valid" })
  })

  it("an inactive token is invalid", async () => {
    const { server, verifier } = await startVerifier()
    server.behaviour = json({ active: false })
    expect(await verifier.verifyToken("T")).toEqual(invalid("inactive"))
  })
})

describe("OAuth token verifier: answers that decide nothing are no verdict, and not remembered", () => {
  it.each([
    ['K13 active: "true"', json({ ...activeToken("x"), active: "true" })],
    ["K13 active: 1", json({ ...activeToken("x"), active: 1 })],
    ['K13 active: "false"', json({ active: "false" })],
    ["K13 no active at all", json({ sub: "alice" })],
    ["K13 JSON cut short", text('{"active":tr')],
    ["null", json(null)],
    ["a list", json([{ active: true }])],
    ["nothing", text("")],
    ["HTML", text("<html>welcome</html>")],
    ["a body of more than 64 kB", json({ ...activeToken("x"), padding: "x".repeat(70_000) })],
    ["a redirect", status(302, { location: "https://elsewhere.test/" })],
    ["204", status(204)],
    ["400", status(400)],
    ["404", status(404)],
    ["500", status(500)],
    ["503", status(503)],
    ["K2 an expiry that is text", json(activeToken("x", { exp: "1800003600" }))],
    ["K2 an expiry in milliseconds", json(activeToken("x", { exp: 1_800_003_600_000 }))],
    ["S4 a list of scopes with something else in it", json(activeToken("x", { scope: ["mcp", 5] }))],
    ["S4 a scope with a double space", json(activeToken("x", { scope: "a  b" }))],
    ["S4 a scope with a tab", json(activeToken("x", { scope: "b\tc" }))],
    ["a subject that is a number", json(activeToken("x", { sub: 5 }))],
  ])("%s", async (_, behaviour) => {
    const { server, verifier } = await startVerifier()
    server.behaviour = behaviour
    expect(await verifier.verifyToken("T")).toEqual(unavailable("bad_response"))
    server.behaviour = json(activeToken(server.issuer))
    expect(await verifier.verifyToken("T")).toMatchObject({ outcome: "valid" })
  })

  it("S4 reads a list of scopes, as several servers send it", async () => {
    const { server, verifier } = await startVerifier()
    server.behaviour = json(activeToken(server.issuer, { scope: ["mcp:tools", "mcp:prompts"] }))
    expect(await verifier.verifyToken("T")).toMatchObject({ claims: { scope: "mcp:tools mcp:prompts" } })
  })

  it("S4 takes no scopes from scp, which RFC 7662 does not know", async () => {
    const { server, verifier } = await startVerifier()
    server.behaviour = json(activeToken(server.issuer, { scope: undefined, scp: ["mcp"] }))
    expect(await verifier.verifyToken("T")).toMatchObject({ claims: { scope: "" } })
  })
})

describe("OAuth token verifier: configuration", () => {
  const introspect = async () => ({ active: false })
  it.each(["", " ", "\t\n"])("U5 refuses a blank audience or issuer: %j", (blank) => {
    const servers = [{ issuer: "https://auth.test", introspect }]
    expect(() => createTokenVerifier({ audience: blank, servers })).toThrow(WrongConfiguration)
    const nameless = { audience: RESOURCE, servers: [{ issuer: blank, introspect }] }
    expect(() => createTokenVerifier(nameless)).toThrow(WrongConfiguration)
    expect(() => createTokenVerifier({ audience: RESOURCE, servers: [] })).toThrow(WrongConfiguration)
  })

  it("refuses a provider that nobody knows, and names those that are known", () => {
    const servers = [{ issuer: "https://auth.test", provider: "keyclock" }]
    expect(() => createTokenVerifier({ audience: RESOURCE, servers })).toThrow(/keyclock.*keycloak/s)
  })
})
