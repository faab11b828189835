/** Which of the published keys a token is checked with, and which are passed over. */
import { describe, expect, it, vi } from "vitest"
import { never, published, startKeySet } from "./key-setting.ts"
import { makeKey } from "./signing-key.ts"

const a = makeKey({ kid: "a", alg: "ES256", use: "sig" })
const b = makeKey({ kid: "b", alg: "ES256", use: "sig" })
const rsa = makeKey({ kid: "rsa" }, "RSA")

describe("which key is meant", () => {
  it("W5 is none of two with one kid", async () => {
    const { keys, find, fetches } = await startKeySet(published(a, { ...b.jwk, kid: "a" }))
    await keys.refresh(never)
    expect(await find("a")).toBeUndefined()
    expect(fetches()).toBe(1)
  })

  it("W5 is none of several when the header names none", async () => {
    const unnamed = [makeKey({}), makeKey({})]
    const { keys, find, fetches } = await startKeySet(published(...unnamed, a))
    await keys.refresh(never)
    expect(await find()).toBeUndefined()
    expect(fetches()).toBe(1)
  })

  it("W5 is the only one that fits the algorithm when the header names none", async () => {
    const { keys, find, fetches } = await startKeySet(published(a, rsa))
    await keys.refresh(never)
    expect(await find()).toMatchObject({ kid: "a" })
    expect(await find(undefined, "RS256")).toMatchObject({ kid: "rsa" })
    expect(await find(undefined, "PS512")).toMatchObject({ kid: "rsa" })
    expect(fetches()).toBe(1)
    expect(await find(undefined, "ES384")).toBeUndefined()
  })

  it("W5 is the one that fits the algorithm, of two kinds under one kid (RFC 7517 §4.5)", async () => {
    const { keys, find } = await startKeySet(published(a, { ...rsa.jwk, kid: "a" }))
    await keys.refresh(never)
    expect((await find("a"))?.jwk["kty"]).toBe("EC")
    expect((await find("a", "RS256"))?.jwk["kty"]).toBe("RSA")
  })

  it.each([
    ["another kind", "rsa", "ES256"],
    ["another curve", "a", "ES384"],
    ["another algorithm than it names", "rs512", "RS256"],
    ["a shared secret", "rsa", "HS256"],
    ["none", "a", "none"],
  ])("is none when the one that is named is for %s, and nobody is asked", async (_, kid, alg) => {
    const { keys, find, fetches } = await startKeySet(published(a, rsa, { ...rsa.jwk, kid: "rs512", alg: "RS512" }))
    await keys.refresh(never)
    expect(await find(kid, alg)).toBeUndefined()
    expect(fetches()).toBe(1)
  })

  it("does not take a name of JavaScript's for a kid", async () => {
    const { keys, find } = await startKeySet(published(a))
    await keys.refresh(never)
    for (const kid of ["__proto__", "constructor", "length", "0", ""]) expect(await find(kid)).toBeUndefined()
  })

  it("takes EdDSA and Ed25519 for one algorithm (RFC 9864)", async () => {
    const ed = makeKey({ kid: "ed", alg: "Ed25519" }, "Ed25519")
    const { keys, find } = await startKeySet(published(ed))
    await keys.refresh(never)
    expect(await find("ed", "EdDSA")).toMatchObject({ kid: "ed" })
    expect(await find("ed", "Ed25519")).toMatchObject({ kid: "ed" })
  })

  it("passes over keys that are not for us, and keeps what else the server says of the others", async () => {
    const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
    const { d } = rsa.privateKey.export({ format: "jwk" })
    const kids: [string, object | null][] = [
      ["secret", { kty: "oct", k: "c2VjcmV0", alg: "HS256" }],
      ["private", { ...rsa.jwk, d }],
      ["enc", { ...rsa.jwk, use: "enc" }],
      ["for encryption", { ...rsa.jwk, alg: "RSA-OAEP-256" }],
      ["to sign", { ...rsa.jwk, key_ops: ["sign"] }],
      ["short", makeKey({}, "RSA 1024").jwk],
      ["damaged", { ...a.jwk, x: "AAAA" }],
      ["incomplete", { kty: "RSA", n: rsa.jwk.n }],
      ["off the curve", { ...a.jwk, x: b.jwk.x }],
      ["of another curve", { kty: "EC", crv: "secp256k1", x: a.jwk.x, y: a.jwk.y }],
      ["of the future", { kty: "AKP", alg: "ML-DSA-1024", pub: "AAAA" }],
      ["of no kind", {}],
    ]
    const exotic = kids.map(([kid, jwk]) => ({ ...jwk, kid }))
    const entra = { ...b.jwk, issuer: "https://login.test/{tenantid}/v2.0" }
    const { keys, find } = await startKeySet(published(...exotic, { ...a.jwk, kid: 5 }, [], a, entra), { log })
    await keys.refresh(never)
    expect(keys.health().keys).toBe(2)
    expect(log.info).toHaveBeenCalledWith({ kids: "a b", skipped: kids.length + 2 }, expect.any(String))
    expect((await find("b"))?.jwk["issuer"]).toBe("https://login.test/{tenantid}/v2.0")
    for (const [kid] of kids)
      expect([kid, await find(kid, "RS256"), await find(kid)]).toEqual([kid, undefined, undefined])
  })
})
