/** What the server says of itself, and the keys it publishes. */
import { generateKeyPairSync } from "node:crypto"
import { sendRaw } from "@gatehouse/test-kit"
import { createLocalJWKSet, type JWK, jwtVerify } from "jose"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parseSigningKeys } from "../src/domain/signing-keys.ts"
import { type KnownClient, OTHER_RESOURCE, RESOURCE, readAnswer, startAuth, type TestAuth } from "./harness.ts"
import { authorizationServerMetadata } from "./rfc8414.ts"

let auth: TestAuth
let client: KnownClient
beforeAll(async () => {
  auth = await startAuth()
  client = await auth.registerClient()
})
afterAll(() => auth.close())

const get = async (path: string, from = auth, headers: Record<string, string> = {}) =>
  readAnswer(await fetch(from.base + path, { headers }))
const METADATA = "/.well-known/oauth-authorization-server"

const privateKey = (kid: string): JWK => ({
  ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
  kid,
})
const keySet = (...keys: JWK[]) => parseSigningKeys(JSON.stringify({ keys }))

describe("OAuth authorization server metadata", () => {
  it("M4 lists what works, and nothing else", async () => {
    const { status, body } = await get(METADATA)
    expect(status).toBe(200)
    expect(body).toEqual(authorizationServerMetadata("https://auth.test", [RESOURCE, OTHER_RESOURCE]))
  })

  it("M1 is the same whatever Host and X-Forwarded headers say", async () => {
    const usual = await get(METADATA)
    const forwarded = { "x-forwarded-host": "evil.test", "x-forwarded-proto": "http", "x-forwarded-port": "1" }
    expect((await get(METADATA, auth, forwarded)).body).toEqual(usual.body)
    const raw = await sendRaw(auth.port, `GET ${METADATA} HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n`)
    expect(JSON.parse(raw.split("\r\n\r\n")[1] ?? "")).toEqual(usual.body)
  })

  it.each(["https://auth.test", "https://auth.test/t1", "https://auth.test/t1/"])(
    "M2 keeps the issuer %s byte for byte, with every endpoint under it",
    async (issuer) => {
      const under = await startAuth({ config: { issuer } })
      const prefix = new URL(issuer).pathname.replace(/\/$/, "")
      const { body } = await get(METADATA + prefix, under)
      expect(body["issuer"]).toBe(issuer)
      expect(body["token_endpoint"]).toBe(`https://auth.test${prefix}/token`)
      for (const [name, value] of Object.entries(body)) {
        if (!name.endsWith("_endpoint") && name !== "jwks_uri") continue
        const options = await fetch(under.base + new URL(String(value)).pathname, { method: "PATCH" })
        expect(options.status, name).toBe(405)
      }
      expect((await fetch(under.base + (prefix || "/"))).status).toBe(200)
      if (prefix !== "") expect((await fetch(`${under.base}/token`, { method: "POST" })).status).toBe(404)
      await under.close()
    },
  )

  it("may be cached, and read by a script of an allowed origin only", async () => {
    const open = await startAuth({ config: { allowedOrigins: ["https://inspector.test"] } })
    const allowed = await get(METADATA, open, { origin: "https://inspector.test" })
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://inspector.test")
    expect(allowed.headers.get("cache-control")).toContain("max-age")
    for (const origin of ["https://evil.test", "null", "http://localhost:6274"]) {
      const refused = await get(METADATA, open, { origin })
      expect(refused.headers.get("access-control-allow-origin")).toBeNull()
    }
    await open.close()
  })

  it("answers preflights of the endpoints for scripts, and of no page", async () => {
    const local = await startAuth({ config: { issuer: "http://localhost:3001" } })
    const preflight = (path: string) =>
      fetch(local.base + path, {
        method: "OPTIONS",
        headers: { origin: "http://localhost:6274", "access-control-request-method": "POST" },
      })
    for (const path of [METADATA, "/jwks", "/register", "/token", "/revoke"]) {
      const answer = await preflight(path)
      expect(answer.status, path).toBe(204)
      expect(answer.headers.get("access-control-allow-origin")).toBe("http://localhost:6274")
      expect(answer.headers.get("access-control-allow-headers")).toContain("Authorization")
    }
    for (const path of ["/authorize", "/consent", "/sign-in", "/introspect"])
      expect((await preflight(path)).headers.get("access-control-allow-origin"), path).toBeNull()
    await local.close()
  })
})

describe("OAuth JWKS", () => {
  it("M7 publishes public members only, each key with kid, alg and use", async () => {
    const keys = keySet(privateKey("a"), privateKey("b"), {
      ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }),
      kid: "c",
      alg: "PS256",
    })
    const several = await startAuth({ signingKeys: keys })
    const { body, text } = await get("/jwks", several)
    const published = body["keys"] as JWK[]
    expect(published.map(({ kid, alg, use }) => [kid, alg, use])).toEqual([
      ["a", "ES256", "sig"],
      ["b", "ES256", "sig"],
      ["c", "PS256", "sig"],
    ])
    expect(text).not.toMatch(/"(d|p|q|dp|dq|qi|k|oth)":/)
    await several.close()
  })

  it("M8 publishes a new key before it signs, and the old one as long as its tokens live", async () => {
    const [old, next] = [privateKey("old"), privateKey("next")]
    const tokens: string[] = []
    const sets: JWK[][] = []
    for (const signingKeys of [keySet(old), keySet(old, next), keySet(next, old)]) {
      const pod = await startAuth({ signingKeys, stores: auth.stores, clock: auth.clock })
      tokens.push((await pod.tokensFor(client)).accessToken)
      sets.push((await get("/jwks", pod)).body["keys"] as JWK[])
      await pod.close()
    }
    const verify = async (token: string, keys: JWK[]) =>
      (await jwtVerify(token, createLocalJWKSet({ keys }))).protectedHeader.kid
    const [before, during, after] = sets as [JWK[], JWK[], JWK[]]
    expect(await verify(tokens[2] ?? "", during)).toBe("next") // whoever read the set before the switch knows the key
    expect(await verify(tokens[0] ?? "", after)).toBe("old")
    await expect(verify(tokens[2] ?? "", before)).rejects.toThrow()
  })

  it.each<[string, unknown]>([
    ["is not JSON", "{"],
    ["must be a JWK set", []],
    ["has no keys", { keys: [] }],
    ["keys[0] has no kid", { keys: [{ ...privateKey("a"), kid: undefined }] }],
    ["has two keys with one kid", { keys: [privateKey("a"), privateKey("a")] }],
    ["keys[0] is not a private key", { keys: [{ ...privateKey("a"), d: undefined }] }],
    ["keys[0] has a kind or an alg that is not supported", { keys: [{ kty: "oct", k: "c2VjcmV0", kid: "a" }] }],
    ["keys[0] has a kind or an alg that is not supported", { keys: [{ ...privateKey("a"), alg: "RS256" }] }],
  ])("refuses signing keys: %s", (sentence, set) => {
    expect(() => parseSigningKeys(typeof set === "string" ? set : JSON.stringify(set))).toThrow(sentence)
  })
})
