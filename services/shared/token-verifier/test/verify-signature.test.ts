/** Signed tokens: what is refused without a key, what a signature vouches for, and what a token may not say about itself. */
import { createHmac } from "node:crypto"
import { describe, expect, it, onTestFinished } from "vitest"
import { createHttpClient } from "../src/http/http-client.ts"
import { createKeySet } from "../src/keys/key-set.ts"
import { readUnverified, type SignatureExpectations, verifySignature } from "../src/keys/verify-signature.ts"
import { json, startAuthorizationServer, status } from "./authorization-server.ts"
import { encode, makeKey, type TestKey } from "./signing-key.ts"

const START = 1_800_000_000
const claims = { iss: "https://auth.test", sub: "demo|alice", jti: "jti-1", exp: START + 3600 }
const ec = makeKey({ kid: "ec", alg: "ES256" })
const rsa = makeKey({ kid: "rsa" }, "RSA")
const stranger = makeKey({ kid: "ec", alg: "ES256" })

/** Keys that were read already, on a server that remembers whatever else it is asked. */
async function start(...keys: TestKey[]) {
  const server = await startAuthorizationServer()
  server.documents.set("/jwks", json({ keys: keys.map(({ jwk }) => jwk) }))
  const client = createHttpClient({ timeoutMs: 1000 })
  onTestFinished(async () => {
    await client.close()
    await server.close()
  })
  const now = () => START
  const keySet = createKeySet({ client, url: () => `${server.issuer}/jwks`, now, uptime: now })
  const signal = new AbortController().signal
  await keySet.refresh(signal)
  server.fetched.length = 0
  const verify = (token: string, changes: Partial<SignatureExpectations> = {}) =>
    verifySignature(token, { keys: keySet, jwtTypes: ["at+jwt"], signal, ...changes })
  return { server, verify }
}

describe("a signature", () => {
  it.each([
    ["RS256", "RSA"],
    ["RS384", "RSA"],
    ["RS512", "RSA"],
    ["PS256", "RSA"],
    ["PS384", "RSA"],
    ["PS512", "RSA"],
    ["ES256", "P-256"],
    ["ES384", "P-384"],
    ["ES512", "P-521"],
    ["EdDSA", "Ed25519"],
    ["Ed25519", "Ed25519"],
  ])("of %s vouches for the payload, with the key that made it", async (alg, kind) => {
    const key = makeKey({ kid: "k" }, kind)
    const { server, verify } = await start(key)
    const token = key.accessToken(claims, { alg })
    expect(await verify(token)).toEqual({ payload: claims, jwk: key.jwk })
    const [header, , signature] = token.split(".")
    expect(await verify(`${header}.${encode({ ...claims, sub: "demo|mallory" })}.${signature}`)).toBe("bad_signature")
    expect(server.fetched).toEqual([])
  })

  it("of another key under the same kid is bad", async () => {
    const { server, verify } = await start(ec)
    expect(await verify(stranger.accessToken(claims))).toBe("bad_signature")
    expect(server.fetched).toEqual([])
  })

  it("of another algorithm of the same key is bad: the header says which", async () => {
    const { verify } = await start(rsa)
    const [, payload, signature] = rsa.accessToken(claims).split(".")
    for (const alg of ["RS384", "PS256"])
      expect(await verify(`${encode({ alg, kid: "rsa", typ: "at+jwt" })}.${payload}.${signature}`)).toBe(
        "bad_signature",
      )
  })

  it("without a kid is checked with the one key that fits", async () => {
    const { verify } = await start(ec, rsa)
    expect(await verify(ec.accessToken(claims, { kid: undefined }))).toMatchObject({ payload: claims })
    expect(await verify(stranger.accessToken(claims, { kid: undefined }))).toBe("bad_signature")
  })

  it("W5 is checked with none of several keys that fit", async () => {
    const { server, verify } = await start(ec, makeKey({ kid: "other" }))
    expect(await verify(ec.accessToken(claims, { kid: undefined }))).toBe("unknown_key")
    expect(server.fetched).toEqual([])
  })

  it.each(["none", "None", "HS256", "HS512", "RS1", "ES256K", "__proto__", ""])(
    "of algorithm %s is refused before any key is looked for",
    async (alg) => {
      const { server, verify } = await start(ec)
      const signed = `${encode({ alg, kid: "unknown", typ: "at+jwt" })}.${encode(claims)}`
      expect(await verify(`${signed}.AAAA`)).toBe("bad_signature")
      expect(await verify(`${signed}.AAAA`, { algorithms: [alg] })).toBe("bad_signature")
      expect(server.fetched).toEqual([])
    },
  )

  it("made with the public key as a shared secret is refused", async () => {
    const { verify } = await start(rsa)
    const signed = `${encode({ alg: "HS256", kid: "rsa", typ: "at+jwt" })}.${encode(claims)}`
    const secret = rsa.publicKey.export({ format: "pem", type: "spki" })
    const token = `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`
    expect(await verify(token)).toBe("bad_signature")
    expect(await verify(token, { algorithms: ["HS256"] })).toBe("bad_signature")
  })

  it("of an algorithm that is not allowed is refused, whoever made it", async () => {
    const { verify } = await start(ec, rsa)
    expect(await verify(rsa.accessToken(claims), { algorithms: ["ES256"] })).toBe("bad_signature")
    expect(await verify(ec.accessToken(claims), { algorithms: ["ES256"] })).toMatchObject({ payload: claims })
  })

  it("J7 with other spare bits at its end, or with its other half, is the same token: the same claims", async () => {
    const key = makeKey({ kid: "k" }, "RSA")
    const { verify } = await start(key, ec)
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for (const token of [key.accessToken(claims), ec.accessToken(claims)]) {
      const verified = []
      for (const last of alphabet) verified.push(await verify(token.slice(0, -1) + last))
      const good = verified.filter((result) => typeof result === "object")
      expect(good).toHaveLength(16)
      for (const result of good) expect(result.payload).toEqual(claims)
      expect(verified.filter((result) => result === "bad_signature")).toHaveLength(alphabet.length - good.length)
    }
    expect(await verify(withOtherHalf(ec.accessToken(claims)))).toMatchObject({ payload: claims })
  })

  it("J7 with anything after it is no token", async () => {
    const { verify } = await start(ec)
    for (const end of ["\n", " ", "=", "."]) expect(await verify(ec.accessToken(claims) + end)).toBe("malformed")
  })

  it("is not judged while keys cannot be read", async () => {
    const { server, verify } = await start(ec)
    server.documents.set("/jwks", status(503))
    const token = ec.accessToken(claims, { kid: "new" })
    await expect(verify(token)).rejects.toMatchObject({ name: "Unavailable", reason: "keys_unavailable" })
    expect(await verify(ec.accessToken(claims))).toMatchObject({ payload: claims })
  })
})

/** (r, s) and (r, n − s) are both signatures of whoever made the one (ECDSA has two of everything). */
function withOtherHalf(token: string): string {
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const [header, payload, signature = ""] = token.split(".")
  const bytes = Buffer.from(signature, "base64url")
  const s = n - BigInt(`0x${bytes.subarray(32).toString("hex")}`)
  const other = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex")])
  return `${header}.${payload}.${other.toString("base64url")}`
}

describe("the kind of a token", () => {
  it.each([undefined, "JWT", "dpop+jwt", "logout+jwt", "at+jwt ", "text/at+jwt", "application/application/at+jwt"])(
    "J2 typ %s is refused before any key is looked for",
    async (typ) => {
      const { server, verify } = await start(ec)
      expect(await verify(ec.accessToken(claims, { typ, kid: "unknown" }))).toBe("wrong_token_kind")
      expect(await verify(ec.accessToken(claims, { typ }))).toBe("wrong_token_kind")
      expect(server.fetched).toEqual([])
    },
  )

  it.each(["at+jwt", "application/at+jwt", "AT+JWT", "Application/At+Jwt"])("J2 typ %s is accepted", async (typ) => {
    const { verify } = await start(ec)
    expect(await verify(ec.accessToken(claims, { typ }))).toMatchObject({ payload: claims })
  })

  it.each([undefined, "JWT", "at+jwt"])("J2 typ %s is accepted where a provider writes it", async (typ) => {
    const { verify } = await start(ec)
    const jwtTypes = ["", "jwt", "at+jwt"]
    expect(await verify(ec.accessToken(claims, { typ }), { jwtTypes })).toMatchObject({ payload: claims })
    expect(await verify(ec.accessToken(claims, { typ: "logout+jwt" }), { jwtTypes })).toBe("wrong_token_kind")
  })
})

describe("what a token says about its key", () => {
  it.each(["jwk", "jku", "x5u", "x5c", "crit", "b64"])(
    "J6 %s in the header is refused, and nothing is fetched",
    async (name) => {
      const { server, verify } = await start(ec)
      const values: Record<string, unknown> = {
        jwk: stranger.jwk,
        jku: `${server.issuer}/evil/jwks`,
        x5u: `${server.issuer}/evil/chain`,
        x5c: ["MIIB"],
        crit: ["exp"],
        b64: false,
      }
      const header = { alg: "ES256", typ: "at+jwt", kid: "unknown", [name]: values[name] }
      expect(await verify(stranger.sign(header, claims))).toBe("bad_signature")
      // Not even of the authorization server itself: its own header names none of these.
      expect(await verify(ec.accessToken(claims, { [name]: values[name] }))).toBe("bad_signature")
      expect(server.fetched).toEqual([])
    },
  )

  it("J6 crit with b64 is refused: nothing else would be signed than what is read", async () => {
    const { verify } = await start(ec)
    expect(await verify(ec.accessToken(claims, { crit: ["b64"], b64: true }))).toBe("bad_signature")
    expect(await verify(ec.accessToken(claims, { crit: ["b64"], b64: false }))).toBe("bad_signature")
  })

  it("J6 a kid that is a path or a URL is an unknown key, and is not where keys are read", async () => {
    const { server, verify } = await start(ec)
    for (const kid of ["../../x", "/evil", `${server.issuer}/evil`, "file:///dev/null", "' OR 1=1", "__proto__"])
      expect(await verify(stranger.accessToken(claims, { kid }))).toBe("unknown_key")
    expect(server.fetched).toEqual(["/jwks"])
  })

  it("x5t, which only names a certificate, is no reason to refuse", async () => {
    const { verify } = await start(ec)
    expect(await verify(ec.accessToken(claims, { x5t: "tenant-key-1" }))).toMatchObject({ payload: claims })
  })
})

describe("what is no signed token", () => {
  const header = { alg: "ES256", kid: "unknown", typ: "at+jwt" }
  const raw = (bytes: string) => Buffer.from(bytes, "latin1").toString("base64url")
  it.each([
    ["an opaque token", "mF_9.B5f-4.1JqM"],
    ["nothing", ""],
    ["dots", ".."],
    ["two parts", `${encode(header)}.${encode(claims)}`],
    ["no signature", `${encode(header)}.${encode(claims)}.`],
    ["an encrypted token, of five parts", `${encode({ alg: "RSA-OAEP", enc: "A256GCM" })}.a.b.c.d`],
    ["other base64", `${encode(header)}.${encode(claims)}.a+/b`],
    ["padding", `${encode(header)}.${encode(claims)}.AA==`],
    ["a header that is no JSON", `${raw("{")}.${encode(claims)}.AAAA`],
    ["a header that is a list", `${encode([header])}.${encode(claims)}.AAAA`],
    ["a header that is null", `${encode(null)}.${encode(claims)}.AAAA`],
    ["a header without alg", `${encode({ typ: "at+jwt" })}.${encode(claims)}.AAAA`],
    ["an alg that is a list", `${encode({ ...header, alg: ["ES256"] })}.${encode(claims)}.AAAA`],
    ["a kid that is a number", `${encode({ ...header, kid: 1 })}.${encode(claims)}.AAAA`],
    ["a typ that is an object", `${encode({ ...header, typ: {} })}.${encode(claims)}.AAAA`],
    ["a payload that is a text", `${encode(header)}.${encode("claims")}.AAAA`],
    ["a payload that is a list", `${encode(header)}.${encode([claims])}.AAAA`],
    ["a payload of damaged bytes", `${encode(header)}.${raw('{"sub":"\xff"}')}.AAAA`],
    ["a byte order mark", `${encode(header)}.${raw("\xef\xbb\xbf{}")}.AAAA`],
    ["more than 8 kB", `${encode(header)}.${encode({ ...claims, x: "x".repeat(8192) })}.AAAA`],
  ])("%s is malformed, and costs nobody a call", async (_, token) => {
    const { server, verify } = await start(ec)
    expect(readUnverified(token)).toBeUndefined()
    expect(await verify(token)).toBe("malformed")
    expect(server.fetched).toEqual([])
  })

  it("is told from one that is, before anything in it is believed", () => {
    expect(readUnverified(stranger.accessToken(claims))).toEqual({
      header: { alg: "ES256", kid: "ec", typ: "at+jwt" },
      payload: claims,
    })
  })
})
