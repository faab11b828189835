/** What the SDK and its tools are given of a caller. */
import { describe, expect, it } from "vitest"
import { authInfoOf, callerOf } from "../src/caller.ts"

const claims = Object.freeze({ iss: "https://auth.test", sub: "demo|alice", aud: "x", scope: "mcp:tools", exp: 100 })

describe("OAuth caller behind the guard", () => {
  it("U7 carries no token", () => {
    expect(authInfoOf(callerOf(claims), "tools/call echo").token).toBe("")
  })

  it("K11 gives each request scopes of its own: what one changes, the next does not see", () => {
    const caller = callerOf(claims)
    authInfoOf(caller, "").scopes.push("mcp:admin")
    expect(authInfoOf(caller, "").scopes).toEqual(["mcp:tools"])
    expect(caller.scopes).toEqual(["mcp:tools"])
  })

  it("S4 refuses a scope that is none", () => {
    for (const scope of ["a  b", "a\tb", " a"]) expect(() => callerOf({ ...claims, scope })).toThrow("invalid_scope")
  })
})
