/** The verifier in front of node-oidc-provider: its tokens, its answers, and what it says otherwise than the rest. */
import { manualClock } from "@gatehouse/test-kit"
import { createTokenVerifier, type StrategyName } from "@gatehouse/token-verifier"
import { describe, expect, it, onTestFinished } from "vitest"
import {
  credentials,
  type OidcProviderOptions,
  OTHER_RESOURCE,
  SECONDS,
  startOidcProvider,
} from "./oidc-provider-server.ts"
import { RESOURCE } from "./setting.ts"
import { makeKey } from "./signing-key.ts"

const first = makeKey({ kid: "first" })
const second = makeKey({ kid: "second" })

async function startBoth(accessTokenFormat: OidcProviderOptions["accessTokenFormat"], strategy: StrategyName) {
  const server = await startOidcProvider({ accessTokenFormat, key: first })
  const clock = manualClock(Date.now() / 1000)
  const log: string[] = []
  const write = (fields: object) => void log.push(JSON.stringify(fields))
  const verifier = createTokenVerifier({
    audience: RESOURCE,
    servers: [{ issuer: server.issuer, strategy, ...(strategy !== "jwt" && { credentials }) }],
    log: { info: () => {}, warn: write, error: write },
    now: clock.now,
    uptime: clock.now,
  })
  onTestFinished(async () => {
    await verifier.close()
    await server.stop()
  })
  await verifier.start()
  return { server, clock, verifier, verify: verifier.verifyToken, log }
}

const valid = (claims: object = {}) => ({ outcome: "valid", claims: expect.objectContaining(claims) })
const invalid = (reason: unknown = expect.any(String)) => ({ outcome: "invalid", reason })
const unavailable = expect.objectContaining({ outcome: "unavailable" })

describe("OAuth token verifier and node-oidc-provider, jwt", () => {
  it("takes its tokens of RFC 9068, of people and of clients", async () => {
    const { server, verify } = await startBoth("jwt", "jwt")
    const { issuer: iss } = server
    const { access_token } = await server.userTokens()
    expect(await verify(access_token)).toEqual(
      valid({ iss, sub: "alice", client_id: "app", aud: RESOURCE, scope: "mcp:tools" }),
    )
    expect(await verify(await server.robotToken())).toEqual(valid({ iss, sub: "robot", client_id: "robot" }))
  })

  it("refuses a token for another resource, an ID token and a refresh token", async () => {
    const { server, verify } = await startBoth("jwt", "jwt")
    const { id_token, refresh_token } = await server.userTokens()
    expect(await verify(await server.robotToken(OTHER_RESOURCE))).toEqual(invalid("wrong_audience"))
    expect(await verify(id_token)).toEqual(invalid("wrong_token_kind"))
    expect(await verify(refresh_token)).toEqual(invalid())
  })

  it("refuses a token when its time is over, though it was seen before", async () => {
    const { server, clock, verify } = await startBoth("jwt", "jwt")
    const token = await server.robotToken()
    expect(await verify(token)).toEqual(valid())
    clock.advance(SECONDS + 6)
    expect(await verify(token)).toEqual(invalid("expired"))
  })

  it("follows its rotation of keys: one reading, and a key that is withdrawn is out after the next", async () => {
    const { server, clock, verify } = await startBoth("jwt", "jwt")
    const [old, late] = [await server.robotToken(), await server.robotToken(OTHER_RESOURCE)]
    server.rotateTo(second, first)
    clock.advance(60)
    const readings = server.count("/jwks")
    for (const token of [await server.robotToken(), old, await server.robotToken()])
      expect(await verify(token)).toEqual(valid())
    expect(server.count("/jwks")).toBe(readings + 1)
    server.rotateTo(second)
    clock.advance(60)
    const third = makeKey({ kid: "third" })
    expect(await verify(third.accessToken({ iss: server.issuer }))).toEqual(invalid("unknown_key"))
    expect(await verify(late)).toEqual(invalid("unknown_key"))
    expect(server.count("/jwks")).toBe(readings + 2)
  })

  it("goes on with the keys it knows when the server is gone, and cannot tell about others", async () => {
    const { server, verify } = await startBoth("jwt", "jwt")
    const token = await server.robotToken()
    await server.stop()
    expect(await verify(token)).toEqual(valid())
    expect(await verify(second.accessToken({ iss: server.issuer }))).toEqual(unavailable)
  })
})

describe.each(["introspection", "hybrid"] as const)("OAuth token verifier and node-oidc-provider, %s", (strategy) => {
  it("takes an opaque token, and asks about it once", async () => {
    const { server, verify } = await startBoth("opaque", strategy)
    const { issuer: iss } = server
    const { access_token } = await server.userTokens()
    for (let i = 0; i < 3; i++)
      expect(await verify(access_token)).toEqual(
        valid({ iss, sub: "alice", client_id: "app", aud: RESOURCE, scope: "mcp:tools" }),
      )
    expect(server.count("/token/introspection")).toBe(1)
  })

  it("refuses a token that was revoked: at once when new, else after its time in the cache", async () => {
    const { server, clock, verify } = await startBoth("opaque", strategy)
    const [seen, unseen] = [(await server.userTokens()).access_token, (await server.userTokens()).access_token]
    expect(await verify(seen)).toEqual(valid())
    for (const token of [seen, unseen]) await server.revoke(token)
    expect(await verify(unseen)).toEqual(invalid("inactive"))
    clock.advance(61)
    expect(await verify(seen)).toEqual(invalid("inactive"))
  })

  it("refuses a token for another resource, a refresh token that is called active, and what nobody issued", async () => {
    const { server, verify } = await startBoth("opaque", strategy)
    const { refresh_token } = await server.userTokens()
    // It says neither what kind of token this is nor for whom: that is what it is refused for.
    expect(await verify(refresh_token)).toEqual(invalid("wrong_audience"))
    expect(await verify("nobody-issued-this")).toEqual(invalid("inactive"))
  })

  it("refuses a client's own opaque token, of which it names no subject", async () => {
    const { server, verify } = await startBoth("opaque", strategy)
    expect(await verify(await server.robotToken(OTHER_RESOURCE))).toEqual(invalid("wrong_audience"))
    expect(await verify(await server.robotToken())).toEqual(invalid("malformed"))
  })

  it("cannot tell when the server is gone, and serves what it knows", async () => {
    const { server, verify } = await startBoth("opaque", strategy)
    const [known, unknown] = [(await server.userTokens()).access_token, (await server.userTokens()).access_token]
    expect(await verify(known)).toEqual(valid())
    await server.stop()
    expect(await verify(known)).toEqual(valid())
    expect(await verify(unknown)).toEqual(unavailable)
  })
})

describe("OAuth token verifier and node-oidc-provider, which introspects no JWT (400 unsupported_token_type)", () => {
  it.each(["introspection", "hybrid"] as const)("%s: is not cut off by a flood of them", async (strategy) => {
    const { server, verify } = await startBoth("opaque", strategy)
    const { access_token } = await server.userTokens()
    const stranger = makeKey({ kid: "stranger" })
    const { issuer: iss } = server
    for (let jti = 0; jti < 20; jti++)
      expect(await verify(stranger.accessToken({ iss, jti }, { typ: "stranger" }))).not.toEqual(valid())
    expect(await verify(access_token)).toEqual(valid())
  })

  it("introspection: refuses them, its own included", async () => {
    const { server, verify } = await startBoth("jwt", "introspection")
    expect(await verify(await server.robotToken())).toEqual(invalid("unknown"))
  })

  it("hybrid: blames no good token, and tells the operator what to set", async () => {
    const { server, verifier, verify, log } = await startBoth("jwt", "hybrid")
    for (let i = 0; i < 3; i++) expect(await verify(await server.robotToken())).toEqual(unavailable)
    expect(verifier.health()).toMatchObject({ servers: [{ circuit: "closed" }] })
    expect(log).toEqual([expect.stringContaining("TOKEN_VALIDATION=jwt")])
  })
})
