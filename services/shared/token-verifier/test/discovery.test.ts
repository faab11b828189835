/** From the issuer to its introspection endpoint, and to the first decision. */
import {
  type AuthorizationServerOptions,
  createTokenVerifier,
  type Limits,
  type TokenVerifier,
  WrongConfiguration,
} from "@gatehouse/token-verifier"
import { describe, expect, it, onTestFinished } from "vitest"
import { isSameIssuer, reachableAt } from "../src/discovery/issuer.ts"
import { json, type ScriptedServer, startAuthorizationServer, status, text } from "./authorization-server.ts"
import { activeToken, healthOf, RESOURCE, START } from "./setting.ts"

const credentials = { method: "client_secret_basic", clientId: "mcp", clientSecret: "secret" } as const
const metadataOf = (verifier: TokenVerifier) => verifier.servers()[0]?.metadata
const AS = "/.well-known/oauth-authorization-server"
const OPENID = "/.well-known/openid-configuration"

async function start(
  issuerOf: (server: ScriptedServer) => string,
  { limits = {}, ...options }: Partial<AuthorizationServerOptions> & { limits?: Partial<Limits> } = {},
) {
  const server = await startAuthorizationServer()
  const issuer = issuerOf(server)
  const verifier = createTokenVerifier({
    audience: RESOURCE,
    servers: [{ issuer, credentials, ...options }],
    limits: { rediscoverSeconds: 0.01, ...limits },
    now: () => START,
  })
  onTestFinished(async () => {
    await verifier.close()
    await server.close()
  })
  server.behaviour = json(activeToken(issuer))
  const publish = (path: string, document: object) => server.documents.set(path, json(document))
  return { server, issuer, verifier, publish }
}
const documentOf = (server: ScriptedServer, issuer: string) => ({ issuer, introspection_endpoint: server.endpoint })

describe("OAuth authorization server discovery (RFC 8414 §3, §5)", () => {
  it("asks RFC 8414 inserted, OpenID inserted, OpenID appended, RFC 8414 appended, in this order", async () => {
    const { server, issuer, verifier, publish } = await start(({ issuer }) => `${issuer}/t1`)
    publish(`/t1${AS}`, documentOf(server, issuer))
    await verifier.start()
    expect(server.fetched).toEqual([`${AS}/t1`, `${OPENID}/t1`, `/t1${OPENID}`, `/t1${AS}`])
    expect(await verifier.verifyToken("T")).toMatchObject({ outcome: "valid" })
    expect(metadataOf(verifier)).toEqual(documentOf(server, issuer))
  })

  it("asks each place once, and stops at the first document", async () => {
    const { server, issuer, verifier, publish } = await start(({ issuer }) => issuer)
    publish(OPENID, documentOf(server, issuer))
    await verifier.start()
    expect(server.fetched).toEqual([AS, OPENID])
  })

  it.each([
    ["404", status(404)],
    ["HTML", text("<html>")],
    ["a document without an issuer", json({ introspection_endpoint: "https://x" })],
    ["null", json(null)],
    ["a redirect", status(302, { location: "/elsewhere" })],
  ])("moves on past %s", async (_, behaviour) => {
    const { server, issuer, verifier, publish } = await start(({ issuer }) => issuer)
    server.documents.set(AS, behaviour)
    publish(OPENID, documentOf(server, issuer))
    await verifier.start()
    expect(metadataOf(verifier)?.issuer).toBe(issuer)
  })

  it.each([500, 503, 429])("never moves on past %i, which may hide the right document: it asks again", async (code) => {
    const { server, issuer, verifier, publish } = await start(({ issuer }) => issuer)
    let failures = 3
    server.documents.set(AS, (exchange) => (failures-- > 0 ? status(code) : json(documentOf(server, issuer)))(exchange))
    publish(OPENID, { issuer, introspection_endpoint: `${issuer}/wrong` })
    await verifier.start()
    expect(server.fetched).toEqual([AS, AS, AS, AS])
    expect(healthOf(verifier)).toMatchObject({ endpoint: server.endpoint, outage: null })
  })

  it("is not ready, and says 503 to everyone, until the authorization server is there", async () => {
    const { server, issuer, verifier, publish } = await start(({ issuer }) => issuer)
    let ready = false
    const started = verifier.start().then(() => {
      ready = true
    })
    await expect.poll(() => server.fetched.length).toBeGreaterThan(8)
    expect(ready).toBe(false)
    expect(await verifier.verifyToken("T")).toMatchObject({ outcome: "unavailable", reason: "bad_response" })
    publish(AS, documentOf(server, issuer))
    await started
    expect(await verifier.verifyToken("T")).toMatchObject({ outcome: "valid" })
  })

  it("gives up on a document that trickles, and asks again", async () => {
    const { server, issuer, verifier } = await start(({ issuer }) => issuer, { limits: { overallTimeoutMs: 100 } })
    server.documents.set(AS, ({ response }) => {
      server.documents.set(AS, json(documentOf(server, issuer)))
      response.write("{")
      const drip = setInterval(() => response.write(" "), 20)
      response.on("close", () => clearInterval(drip))
    })
    await verifier.start()
    expect(server.fetched).toEqual([AS, AS])
  })

  it("refuses to start with an issuer that names itself otherwise, in a sentence", async () => {
    const { server, verifier, publish } = await start(({ issuer }) => issuer)
    publish(AS, documentOf(server, "https://other.test"))
    await expect(verifier.start()).rejects.toThrow(WrongConfiguration)
    await expect(verifier.start()).rejects.toThrow(/names itself https:\/\/other\.test/)
  })

  it("refuses to start when there is no introspection endpoint", async () => {
    const { issuer, verifier, publish } = await start(({ issuer }) => issuer)
    publish(AS, { issuer })
    await expect(verifier.start()).rejects.toThrow(/introspection needs INTROSPECTION_URL/)
  })

  it("tolerates one trailing slash in the configuration, and from then on takes the document's issuer byte for byte", async () => {
    const { server, issuer, verifier, publish } = await start(({ issuer }) => issuer)
    publish(AS, documentOf(server, `${issuer}/`))
    await verifier.start()
    server.behaviour = json(activeToken(`${issuer}/`))
    expect(await verifier.verifyToken("T")).toMatchObject({ outcome: "valid", claims: { iss: `${issuer}/` } })
    server.behaviour = json(activeToken(issuer))
    expect(await verifier.verifyToken("U")).toEqual({ outcome: "invalid", reason: "wrong_issuer" })
  })

  it("calls what begins with the issuer at the internal URL, and keeps the issuer that tokens name", async () => {
    const server = await startAuthorizationServer()
    const issuer = "https://auth.test/t1"
    const internalUrl = `${server.issuer}/t1`
    const verifier = createTokenVerifier({
      audience: RESOURCE,
      servers: [{ issuer, credentials, internalUrl }],
      now: () => START,
    })
    onTestFinished(async () => {
      await verifier.close()
      await server.close()
    })
    server.documents.set(`${AS}/t1`, json({ issuer, introspection_endpoint: `${issuer}/introspect` }))
    server.behaviour = json(activeToken(issuer))
    await verifier.start()
    expect(await verifier.verifyToken("T")).toMatchObject({ outcome: "valid", claims: { iss: issuer } })
    expect(server.calls[0]?.request.url).toBe("/t1/introspect")
  })

  it("sends our secret to no plain http endpoint of an https issuer", async () => {
    const server = await startAuthorizationServer()
    const issuer = "https://auth.test"
    const servers = [{ issuer, credentials, internalUrl: server.issuer }]
    const verifier = createTokenVerifier({ audience: RESOURCE, servers })
    onTestFinished(async () => {
      await verifier.close()
      await server.close()
    })
    server.documents.set(AS, json({ issuer, introspection_endpoint: "http://auth.test/introspect" }))
    await expect(verifier.start()).rejects.toThrow(/not https/)
  })

  it("discovers nothing when the endpoint is configured: it is ready at once", async () => {
    const { server, verifier } = await start(({ issuer }) => issuer, {
      introspectionUrl: "http://127.0.0.1:1/introspect",
    })
    await verifier.start()
    expect(server.fetched).toEqual([])
    expect(verifier.servers()[0]?.strategy.why).toContain("INTROSPECTION_URL")
  })

  it("stops trying when it is closed", async () => {
    const { verifier } = await start(({ issuer }) => issuer)
    const started = verifier.start()
    await verifier.close()
    await expect(started).rejects.toThrow()
  })
})

describe("OAuth issuer names", () => {
  it.each([
    ["https://auth.test", "https://auth.test", true],
    ["https://auth.test", "https://auth.test/", true],
    ["https://auth.test/", "https://auth.test", true],
    ["https://auth.test", "https://auth.test//", false],
    ["https://auth.test", "https://AUTH.test", false],
    ["https://auth.test", "https://auth.test:443", false],
    ["https://auth.test/t1", "https://auth.test/t2", false],
  ])("%s and %s: %s", (configured, named, same) => {
    expect(isSameIssuer(configured, named)).toBe(same)
  })

  it.each([
    ["https://auth.test/introspect", "https://auth.test", "http://auth:3001", "http://auth:3001/introspect"],
    [
      "https://auth.test/t1/introspect",
      "https://auth.test/t1/",
      "http://auth:3001/t1/",
      "http://auth:3001/t1/introspect",
    ],
    ["https://auth.test.evil/introspect", "https://auth.test", "http://auth:3001", "https://auth.test.evil/introspect"],
    ["https://other.test/introspect", "https://auth.test", "http://auth:3001", "https://other.test/introspect"],
    ["https://auth.test/introspect", "https://auth.test", undefined, "https://auth.test/introspect"],
  ])("%s of %s with %s is called at %s", (endpoint, issuer, internalUrl, expected) => {
    expect(reachableAt(endpoint, issuer, internalUrl)).toBe(expected)
  })
})
