/** Several authorization servers at once: whose token it is, and what an outage of one of them means. */
import { createTokenVerifier } from "@gatehouse/token-verifier"
import { describe, expect, it, onTestFinished } from "vitest"
import { json, status } from "./authorization-server.ts"
import { credentials, startIssuingServer, startVerifierFor } from "./issuing-server.ts"
import { RESOURCE, START } from "./setting.ts"

const valid = expect.objectContaining({ outcome: "valid" })
const invalid = (reason: string) => ({ outcome: "invalid", reason })

async function startTwo() {
  const [first, second] = [await startIssuingServer(), await startIssuingServer()]
  const servers = [
    { issuer: first.issuer, credentials },
    { issuer: second.issuer, credentials },
  ]
  const started = await startVerifierFor(servers)
  await expect.poll(() => started.verifier.servers().every(({ metadata }) => metadata !== undefined)).toBe(true)
  return { first, second, ...started }
}

describe("OAuth token verifier with several authorization servers", () => {
  it("accepts the tokens of both, under the name of the one that issued them", async () => {
    const { first, second, verifier } = await startTwo()
    expect(await verifier.verifyToken(first.issue())).toMatchObject({ claims: { iss: first.issuer } })
    expect(await verifier.verifyToken(second.issue())).toMatchObject({ claims: { iss: second.issuer } })
    expect(verifier.servers().map(({ issuer }) => issuer)).toEqual([first.issuer, second.issuer])
  })

  it("asks only the issuer that a JWT names, and nobody about a JWT of nobody's", async () => {
    const { first, second, verifier } = await startTwo()
    await verifier.verifyToken(second.issue())
    expect(await verifier.verifyToken(second.issue({ iss: "https://third.test" }))).toEqual(invalid("wrong_issuer"))
    expect([first.calls.length, second.calls.length]).toEqual([0, 1])
  })

  it("shows an opaque token to each in turn, until one knows it", async () => {
    const { first, second, verifier } = await startTwo()
    expect(await verifier.verifyToken(second.issueOpaque())).toMatchObject({ claims: { iss: second.issuer } })
    expect(await verifier.verifyToken(first.issueOpaque())).toMatchObject({ claims: { iss: first.issuer } })
    expect([first.calls.length, second.calls.length]).toEqual([2, 1])
    expect(await verifier.verifyToken("nobody's")).toEqual(invalid("inactive"))
  })

  it("cannot tell about an opaque token that one does not know while another cannot be asked", async () => {
    const { first, second, verifier } = await startTwo()
    const [ofFirst, ofSecond] = [first.issueOpaque(), second.issueOpaque()]
    first.behaviour = status(500)
    expect(await verifier.verifyToken(ofFirst)).toMatchObject({ outcome: "unavailable", reason: "bad_response" })
    expect(await verifier.verifyToken(ofSecond)).toEqual(valid)
  })

  it("tells more of a token than that nobody knows it, when one of them does", async () => {
    const { second, verifier } = await startTwo()
    expect(await verifier.verifyToken(second.issueOpaque({ aud: "https://other.test" }))).toEqual(
      invalid("wrong_audience"),
    )
  })

  it("takes no server's word for a token of another", async () => {
    const { first, second, verifier } = await startTwo()
    const token = second.issueOpaque()
    first.behaviour = json({ active: true, iss: second.issuer, sub: "x", aud: RESOURCE, exp: START + 60 })
    second.revoke(token)
    expect(await verifier.verifyToken(token)).toEqual(invalid("wrong_issuer"))
  })

  it("is ready with the first that answers; one that is down is tried until it does", async () => {
    const [first, second] = [await startIssuingServer(), await startIssuingServer()]
    const document = "/.well-known/oauth-authorization-server"
    second.documents.set(document, status(503))
    const servers = [first, second].map(({ issuer }) => ({ issuer, credentials }))
    const { verifier } = await startVerifierFor(servers)
    expect(await verifier.verifyToken(first.issue())).toEqual(valid)
    expect(await verifier.verifyToken(second.issue())).toMatchObject({ outcome: "unavailable" })
    second.publish()
    await expect.poll(() => verifier.verifyToken(second.issue())).toEqual(valid)
  })

  it("serves with one though the other is configured wrongly, and says so in the log", async () => {
    const [first, second] = [await startIssuingServer(), await startIssuingServer()]
    second.publish({ jwks_uri: undefined, introspection_endpoint: undefined })
    const lines: string[] = []
    const write = (fields: object, message: string) => void lines.push(JSON.stringify({ ...fields, message }))
    const { verifier } = await startVerifierFor([{ issuer: first.issuer, credentials }, { issuer: second.issuer }], {
      log: { info: write, warn: write, error: write },
    })
    await expect.poll(() => lines.join()).toContain("will not be accepted")
    expect(await verifier.verifyToken(first.issue())).toEqual(valid)
  })

  it("does not start when none of them can ever serve", async () => {
    const server = await startIssuingServer()
    server.publish({ jwks_uri: undefined, introspection_endpoint: undefined })
    const verifier = createTokenVerifier({ audience: RESOURCE, servers: [{ issuer: server.issuer }] })
    onTestFinished(() => verifier.close())
    await expect(verifier.start()).rejects.toThrow(/cannot be validated/)
  })
})

describe("OAuth token verifier: batches", () => {
  it("answers in the order of the tokens, and asks once about each, however often it stands there", async () => {
    const { first, verifier } = await startTwo()
    const [good, other] = [first.issueOpaque(), first.issueOpaque({ sub: "demo|bob" })]
    const answers = await verifier.verifyMany([good, "bad", other, good])
    expect(answers).toEqual([valid, invalid("inactive"), valid, valid])
    expect(answers[2]).toMatchObject({ claims: { sub: "demo|bob" } })
    expect(first.calls).toHaveLength(3)
    expect(await verifier.verifyMany([])).toEqual([])
  })

  it("keeps to the bound of questions at once, for however many tokens", async () => {
    const server = await startIssuingServer()
    const limits = { maxConcurrent: 8 }
    const { verifier } = await startVerifierFor([{ issuer: server.issuer, credentials }], { limits })
    let [now, most] = [0, 0]
    const usual = server.behaviour
    server.behaviour = async (exchange) => {
      most = Math.max(most, ++now)
      await new Promise((later) => setTimeout(later, 2))
      now--
      return usual(exchange)
    }
    const tokens = Array.from({ length: 600 }, () => server.issueOpaque())
    const answers = await verifier.verifyMany(tokens)
    expect(answers.every(({ outcome }) => outcome === "valid")).toBe(true)
    expect(most).toBeLessThanOrEqual(8)
  })
})
