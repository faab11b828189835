/** The process of the MCP service, with an authorization server at the other end of a socket. */
import { findFreePort } from "@gatehouse/test-kit"
import { describe, expect, it } from "vitest"
import { sendModern } from "./messages.ts"
import { startAuthorizationServer, startProcess, startService } from "./process.ts"
import { openListen } from "./streams.ts"

describe("OAuth-protected MCP service, its process", () => {
  it("becomes ready, serves a token that the authorization server knows, and says how it validates", async () => {
    const service = await startService()
    await expect.poll(() => service.statusOf("/readyz"), { timeout: 10_000 }).toBe(200)
    expect((await sendModern(service.url, { token: "good" })).status).toBe(200)
    expect((await sendModern(service.url, { token: "bad" })).status).toBe(401)
    const mirror = await fetch(`${service.origin}/.well-known/oauth-authorization-server`)
    expect(await mirror.json()).toMatchObject({ issuer: service.issuer })
    expect(service.output()).toContain('"strategy":"introspection"')
    expect(service.output()).toContain("a client has to stay with one")
    expect(service.output()).not.toMatch(/a-secret-for-introspection|Bearer|"good"/)
  })

  it("ends on SIGTERM within two seconds though a stream is open", async () => {
    const service = await startService()
    await expect.poll(() => service.statusOf("/readyz"), { timeout: 10_000 }).toBe(200)
    const stream = await openListen(service.url, "good", { resourceSubscriptions: ["demo://clock"] })
    const started = performance.now()
    service.child.kill("SIGTERM")
    await stream.ended
    expect(await service.exited).toBe(0)
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it("is not ready, and answers 503, while the authorization server cannot be reached; ends when told to", async () => {
    const service = await startService(`http://127.0.0.1:${await findFreePort()}`)
    await expect.poll(() => service.statusOf("/livez"), { timeout: 10_000 }).toBe(200)
    await expect
      .poll(() =>
        sendModern(service.url, { token: "good" }).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(503)
    expect(await service.statusOf("/readyz")).toBe(503)
    expect((await fetch(`${service.origin}/.well-known/oauth-authorization-server`)).status).toBe(503)
    service.child.kill("SIGTERM")
    expect(await service.exited).toBe(0)
  })

  it("ends with one sentence when the authorization server names itself otherwise", async () => {
    const issuer = await startAuthorizationServer("x")
    const service = await startService(`${issuer}/other`)
    expect(await service.exited).toBe(1)
    expect(service.output()).toContain("names itself")
    expect(service.output()).not.toContain("    at ")
  })

  it("U5 does not start when nothing could be validated safely, and says in one sentence what is missing", async () => {
    const issuer = await startAuthorizationServer("x")
    const { exited, output } = startProcess({
      AUTH_MODE: "external",
      AUTH_SERVER_URL: issuer,
      LOG_LEVEL: "silent",
      PORT: String(await findFreePort()),
      MANAGEMENT_PORT: String(await findFreePort()),
    })
    expect(await exited).toBe(1)
    expect(output().trim().split("\n")).toEqual([
      "gatehouse-mcp cannot start:",
      expect.stringContaining("INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET"),
    ])
  })
})
