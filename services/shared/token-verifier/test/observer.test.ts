/** What whoever counts is told, without any of our services around. */
import type { ObservedValidation } from "@gatehouse/token-verifier"
import { describe, expect, it } from "vitest"
import { credentials, startIssuingServer, startVerifierFor } from "./issuing-server.ts"

async function start(observer: Parameters<typeof startVerifierFor>[1]) {
  const server = await startIssuingServer()
  const started = await startVerifierFor([{ issuer: server.issuer, credentials, strategy: "introspection" }], observer)
  return { server, ...started }
}

describe("OAuth token verifier: its observer", () => {
  it("hears of each validation whose it was, what came out, and how long it took", async () => {
    const heard: ObservedValidation[] = []
    const { server, verifier, clock } = await start({ observer: { validated: (each) => heard.push(each) } })
    const { behaviour } = server
    server.behaviour = async (exchange) => {
      clock.advance(0.25)
      return behaviour(exchange)
    }
    await verifier.verifyToken(server.issueOpaque())
    await verifier.verify([])
    expect(heard).toEqual([
      {
        server: "primary",
        outcome: "valid",
        reason: "none",
        strategy: "introspection",
        cache: "miss",
        seconds: expect.closeTo(0.25),
      },
      { server: "none", outcome: "invalid", reason: "missing", strategy: "none", cache: "none", seconds: 0 },
    ])
  })

  it("may listen to a part, and hears nothing of a caller that hung up", async () => {
    const results: string[] = []
    const { server, verifier } = await start({ observer: { introspected: ({ result }) => results.push(result) } })
    await verifier.verifyToken(server.issueOpaque())
    expect(results).toEqual(["active"])
    const heard: ObservedValidation[] = []
    const other = await start({ observer: { validated: (each) => heard.push(each) } })
    await expect(other.verifier.verifyToken("T", AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone")
    expect(heard).toEqual([])
  })

  it("is told nothing of a server's numbers: those are there for whoever asks", async () => {
    const { server, verifier } = await start({})
    await verifier.verifyToken(server.issueOpaque())
    expect(verifier.stats()).toEqual([
      {
        server: "primary",
        up: true,
        circuit: "closed",
        inFlight: 0,
        queued: 0,
        cached: { positive: 1, negative: 0 },
        keys: undefined,
      },
    ])
  })
})
