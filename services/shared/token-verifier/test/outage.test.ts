/** An authorization server that cannot be reached, or fails us: "cannot tell", within a bounded time, and never "invalid". */
import { describe, expect, it } from "vitest"
import { cut, json, type ScriptedServer, silence, startAuthorizationServer, status } from "./authorization-server.ts"
import { activeToken, healthOf, startVerifier } from "./setting.ts"

const unavailable = (reason: string, retryAfterSeconds: unknown = expect.any(Number)) => ({
  outcome: "unavailable",
  reason,
  retryAfterSeconds,
})
const valid = expect.objectContaining({ outcome: "valid" })

describe("OAuth token verifier: the authorization server is away", () => {
  it("G1 G9 says refused when nobody listens, and serves what it knows until its time is over", async () => {
    const { server, verifier, clock } = await startVerifier()
    expect(await verifier.verifyToken("known")).toEqual(valid)
    await server.close()
    expect(await verifier.verifyToken("never seen")).toEqual(unavailable("refused"))
    expect(await verifier.verifyToken("known")).toEqual(valid)
    clock.advance(61)
    expect(await verifier.verifyToken("known")).toEqual(unavailable("refused"))
    const again = await startAuthorizationServer(server.port)
    again.behaviour = json(activeToken(server.issuer))
    expect(await verifier.verifyToken("known")).toEqual(valid)
    expect(await verifier.verifyToken("never seen")).toEqual(valid)
    await again.close()
  })

  it("G1 says network when the name does not resolve or TLS fails", async () => {
    const elsewhere = async (endpoint: string) => {
      const server = await startAuthorizationServer()
      const { verifier } = await startVerifier({
        server: { ...server, endpoint: endpoint.replace("PORT", `${server.port}`) },
      })
      return verifier.verifyToken("T")
    }
    expect(await elsewhere("http://nowhere.invalid/introspect")).toEqual(unavailable("network"))
    expect(await elsewhere("https://127.0.0.1:PORT/introspect")).toEqual(unavailable("network"))
  })

  it("G2 gives up on a silent server within its time, and lets go of the sockets", async () => {
    const { server, verifier } = await startVerifier({ limits: { perTryTimeoutMs: 100 } })
    server.behaviour = silence
    const began = performance.now()
    const answers = await Promise.all(["a", "b", "c"].map((token) => verifier.verifyToken(token)))
    expect(performance.now() - began).toBeLessThan(1000)
    expect(answers).toEqual([unavailable("timeout"), unavailable("timeout"), unavailable("timeout")])
    await expect.poll(server.connections).toBe(0)
  })

  it("G2 gives up on an answer that trickles for longer than a try may take", async () => {
    const { server, verifier } = await startVerifier({ limits: { perTryTimeoutMs: 200 } })
    server.behaviour = ({ response }) => {
      response.write("{")
      const drip = setInterval(() => response.write(" "), 20)
      response.on("close", () => clearInterval(drip))
    }
    const began = performance.now()
    expect(await verifier.verifyToken("T")).toEqual(unavailable("timeout"))
    expect(performance.now() - began).toBeLessThan(1000)
    await expect.poll(server.connections).toBe(0)
  })

  it("G2 bounds all tries together", async () => {
    const limits = { perTryTimeoutMs: 100, overallTimeoutMs: 300, retries: 9 }
    const { server, verifier } = await startVerifier({ limits })
    server.behaviour = silence
    const began = performance.now()
    expect(await verifier.verifyToken("T")).toEqual(unavailable("timeout"))
    expect(performance.now() - began).toBeLessThan(1000)
    expect(server.calls.length).toBeLessThanOrEqual(3)
  })

  it.each([401, 403])("G4 takes %i for a word about our own credentials, not about the token", async (code) => {
    const { server, verifier, clock } = await startVerifier()
    server.behaviour = status(code)
    expect(await verifier.verifyToken("T")).toEqual(unavailable("credentials_rejected"))
    server.behaviour = json(activeToken(server.issuer))
    clock.advance(5)
    expect(await verifier.verifyToken("T")).toEqual(valid)
  })

  it("G5 passes on Retry-After of a 429, and keeps quiet for as long", async () => {
    const { server, verifier, clock } = await startVerifier()
    server.behaviour = status(429, { "retry-after": "7" })
    expect(await verifier.verifyToken("a")).toEqual(unavailable("rate_limited", 7))
    server.behaviour = json(activeToken(server.issuer))
    clock.advance(3)
    expect(await verifier.verifyToken("b")).toEqual(unavailable("rate_limited", 4))
    expect(server.calls).toHaveLength(1)
    clock.advance(4)
    expect(await verifier.verifyToken("b")).toEqual(valid)
  })

  it.each([
    ["nothing", {}, 5],
    ["nonsense", { "retry-after": "soon" }, 5],
    ["a day", { "retry-after": "86400" }, 60],
    ["zero", { "retry-after": "0" }, 1],
    ["a date that is over", { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }, 1],
  ])("G5 waits a sensible time when Retry-After is %s", async (_, headers, seconds) => {
    const { server, verifier } = await startVerifier()
    server.behaviour = status(429, headers)
    expect(await verifier.verifyToken("T")).toEqual(unavailable("rate_limited", seconds))
  })

  it("passes on Retry-After of a 503", async () => {
    const { server, verifier } = await startVerifier()
    server.behaviour = status(503, { "retry-after": "9" })
    expect(await verifier.verifyToken("T")).toEqual(unavailable("bad_response", 9))
  })

  it("G8 asks once more when a pooled connection was closed, and not for ever", async () => {
    const { server, verifier } = await startVerifier({ limits: { retries: 1 } })
    expect(await verifier.verifyToken("a")).toEqual(valid)
    cutOnce(server)
    expect(await verifier.verifyToken("b")).toEqual(valid)
    expect(server.calls).toHaveLength(3)
    server.behaviour = cut
    expect(await verifier.verifyToken("c")).toEqual(unavailable("network"))
    expect(server.calls).toHaveLength(5)
  })

  it("reuses its connections", async () => {
    const { server, verifier } = await startVerifier()
    const ports = new Set<number | undefined>()
    for (let i = 0; i < 20; i++) {
      await verifier.verifyToken(`t${i}`)
      ports.add(server.calls.at(-1)?.request.socket.remotePort)
    }
    expect(ports.size).toBeLessThanOrEqual(2)
  })

  it("tells the log when an outage begins and ends, not at every request, and health() meanwhile", async () => {
    const lines: string[] = []
    const write = (level: string) => (fields: object) => void lines.push(`${level} ${JSON.stringify(fields)}`)
    const log = { info: write("info"), warn: write("warn"), error: write("error") }
    const { server, verifier, clock } = await startVerifier({ log })
    server.behaviour = status(500)
    for (const token of ["a", "b", "c"]) await verifier.verifyToken(token)
    expect(lines).toEqual([expect.stringMatching(/^warn .*bad_response.*500/)])
    expect(healthOf(verifier)).toMatchObject({ outage: { reason: "bad_response" } })
    server.behaviour = status(401)
    await verifier.verifyToken("secret-token")
    expect(lines[1]).toMatch(/^error .*credentials_rejected/)
    server.behaviour = json(activeToken(server.issuer))
    clock.advance(5)
    await verifier.verifyToken("a")
    expect(lines[2]).toMatch(/^info /)
    expect(healthOf(verifier)).toMatchObject({ outage: null, strategy: { name: "introspection" } })
    expect(lines.join()).not.toMatch(/secret-token|s:e c%ret/)
  })
})

function cutOnce(server: ScriptedServer): void {
  const usual = server.behaviour
  server.behaviour = (exchange) => {
    server.behaviour = usual
    return cut(exchange)
  }
}
