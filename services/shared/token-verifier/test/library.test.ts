/** The verifier as a library: the example of the documentation, and the MCP SDK's own guard. */
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { asOAuthTokenVerifier } from "@gatehouse/token-verifier"
import { OAuthError, OAuthErrorCode, verifyBearerToken } from "@modelcontextprotocol/server"
import { describe, expect, it, onTestFinished } from "vitest"
import { buildOrders } from "../examples/protected-orders.ts"
import { status } from "./authorization-server.ts"
import { credentials, startIssuingServer, startVerifierFor } from "./issuing-server.ts"

const example = resolve(import.meta.dirname, "../examples/protected-orders.ts")
const page = resolve(import.meta.dirname, "../../../../docs/token-validation.md")

describe("OAuth token verifier as a library", () => {
  it("protects a Fastify route with the example of the documentation, three outcomes included", async () => {
    const server = await startIssuingServer()
    const app = await buildOrders(server.issuer)
    onTestFinished(() => app.close())
    const orders = (token?: string) =>
      app.inject({ url: "/orders", headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
    const claims = { aud: "https://api.example.com/orders", exp: Date.now() / 1000 + 600 }
    expect((await orders(server.issue(claims))).json()).toEqual(["one", "two"])
    expect((await orders()).statusCode).toBe(401)
    expect((await orders(server.issue({ ...claims, aud: "https://other.test" }))).statusCode).toBe(401)
    server.documents.set("/jwks", status(500))
    const unknownKey = await orders(`${server.issue(claims, { kid: "k9" })}`)
    expect(unknownKey.statusCode).toBe(503)
    expect(Number(unknownKey.headers["retry-after"])).toBeGreaterThan(0)
  })

  it("shows in its documentation the example that is tested", () => {
    expect(readFileSync(page, "utf8")).toContain(readFileSync(join(example), "utf8"))
  })

  it("serves the MCP SDK's guard: an outage is its 500 and never invalid_token", async () => {
    const server = await startIssuingServer()
    const { verifier } = await startVerifierFor([{ issuer: server.issuer, credentials }], {
      now: () => Date.now() / 1000,
    })
    const sdk = asOAuthTokenVerifier(verifier, (code, message) => new OAuthError(code as OAuthErrorCode, message))
    const ask = (token: string) => verifyBearerToken(`Bearer ${token}`, { verifier: sdk })
    const token = server.issueOpaque({ scope: "mcp:tools", exp: Math.floor(Date.now() / 1000) + 600 })
    expect(await ask(token)).toMatchObject({
      clientId: "client-1",
      scopes: ["mcp:tools"],
      extra: { subject: "demo|alice", issuer: server.issuer },
    })
    await expect(ask("bad")).rejects.toMatchObject({ code: OAuthErrorCode.InvalidToken })
    server.behaviour = status(500)
    await expect(ask("another")).rejects.toMatchObject({ code: OAuthErrorCode.ServerError })
  })
})
