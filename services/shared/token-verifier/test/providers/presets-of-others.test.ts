/** The presets that differ little from any OpenID provider, and the two that know no provider at all. */
import { describe, expect, it } from "vitest"
import { Unavailable } from "../../src/unavailable.ts"
import { fixture } from "./fixture.ts"
import { isAccessToken, preset, read } from "./reading.ts"

describe("servers of JWTs", () => {
  it("supabase: takes its one audience for none, so that the client must be allowed", () => {
    const raw = fixture("supabase.access-token")
    expect(read("supabase", raw)).toMatchObject({ client_id: "9a8b7c6d-0000-0000-0000-000000000000" })
    expect(read("supabase", raw).aud).toBeUndefined()
    expect(read("supabase", { ...raw, aud: "https://mcp.example.com/mcp" }).aud).toBe("https://mcp.example.com/mcp")
  })
  it("authentik: takes a nonce in access tokens, and tells ID tokens by the client they do not name", () => {
    const raw = { iss: "https://id.example.com/application/o/mcp/", aud: "client-1", nonce: "n", sub: "s" }
    expect(isAccessToken("authentik", { ...raw, azp: "client-1" })).toBe(true)
    expect(isAccessToken("authentik", raw)).toBe(false)
  })
  it("scalekit: accepts both issuers of its move, and no other resource's", () => {
    const accepts = (named: string, documentIssuer: string) =>
      preset("scalekit").acceptsIssuer?.(named, {
        documentIssuer,
        raw: {},
        settings: { allowedClientIds: [], allowedTenants: [] },
      })
    const [environment, ours, other] = [
      "https://a.scalekit.com",
      "https://a.scalekit.com/resources/1",
      "https://a.scalekit.com/resources/2",
    ]
    expect(accepts(environment, ours)).toBe(true)
    expect(accepts(ours, environment)).toBe(true)
    expect(accepts(other, ours)).toBe(false)
    expect(accepts("https://b.scalekit.com", ours)).toBe(false)
  })
  it.each([
    ["nonce", { nonce: "n" }],
    ["at_hash", { at_hash: "h" }],
    ["c_hash", { c_hash: "h" }],
    ["typ ID", { typ: "ID" }],
    ["token_use id", { token_use: "id" }],
    ["token_type id_token", { token_type: "id_token" }],
    ["events, as logout tokens have", { events: {} }],
  ])("oidc: takes for an ID token what has %s", (_, claims) => {
    expect(isAccessToken("oidc", { sub: "s", typ: "Bearer", ...claims })).toBe(false)
    expect(isAccessToken("oidc", { sub: "s", typ: "Bearer" })).toBe(true)
  })
  it("generic: is strict about the type, as RFC 9068 is", () => {
    expect(preset("generic").jwtTypes).toEqual(["at+jwt"])
    expect(preset("oidc").jwtTypes).toEqual(["at+jwt", "jwt", ""])
  })
  it.each([
    [["a", "b"], "a b"],
    [["a", "a"], "a"],
    ["a b", "a b"],
    [undefined, ""],
    [[], ""],
  ])("generic: reads the scope %j as %j", (scope, expected) => {
    expect(read("generic", { sub: "s", scope }).scope ?? "").toBe(expected)
  })
  it.each([[["a b"]], [["a", 5]], [[["a"]]], ["a  b"], ["a\tb"], [5], [{}]])(
    "generic: refuses the scope %j",
    (scope) => {
      expect(() => read("generic", { sub: "s", scope })).toThrow(Unavailable)
    },
  )
})
