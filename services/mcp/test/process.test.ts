/** The process of the MCP service, with an authorization server at the other end of a socket. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { findFreePort } from "@gatehouse/test-kit"
import { describe, expect, it, onTestFinished } from "vitest"
import { sendModern } from "./messages.ts"
import { openListen } from "./streams.ts"

const main = join(import.meta.dirname, "../src/main.ts")
const json = (response: ServerResponse, body: object) =>
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body))

/** Publishes metadata and calls the token "good" active. */
async function startAuthorizationServer(resource: string) {
  const state = { issuer: "" }
  const server = createServer(async (request, response) => {
    let body = ""
    for await (const chunk of request) body += chunk
    const { issuer } = state
    if (request.url !== "/introspect") return json(response, { issuer, introspection_endpoint: `${issuer}/introspect` })
    const active = new URLSearchParams(body).get("token") === "good"
    const claims = { iss: issuer, sub: "demo|alice", aud: resource, scope: "mcp", exp: Date.now() / 1000 + 600 }
    return json(response, active ? { active, token_type: "Bearer", ...claims } : { active })
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  state.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return state.issuer
}

function startProcess(env: Record<string, string>) {
  const child = spawn(process.execPath, ["--conditions=source", main], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output += chunk
    })
  const exited = once(child, "exit").then(([code]) => code as number | null)
  onTestFinished(() => void child.kill("SIGKILL"))
  return { child, exited, output: () => output }
}

async function startService(issuer?: string) {
  const [port, managementPort] = [await findFreePort(), await findFreePort()]
  const origin = `http://127.0.0.1:${port}`
  const authorizationServer = issuer ?? (await startAuthorizationServer(`${origin}/mcp`))
  const service = startProcess({
    AUTH_MODE: "external",
    AUTH_SERVER_URL: authorizationServer,
    INTROSPECTION_CLIENT_ID: "mcp",
    INTROSPECTION_CLIENT_SECRET: "a-secret-for-introspection",
    PORT: String(port),
    MANAGEMENT_PORT: String(managementPort),
    BASE_URI: origin,
  })
  const statusOf = (path: string) =>
    fetch(`http://127.0.0.1:${managementPort}${path}`).then(
      ({ status }) => status,
      () => 0,
    )
  return { ...service, origin, url: `${origin}/mcp`, issuer: authorizationServer, statusOf }
}

describe("OAuth-protected MCP service, its process", () => {
  it("becomes ready, serves a token that the authorization server knows, and says how it validates", async () => {
    const service = await startService()
    await expect.poll(() => service.statusOf("/readyz"), { timeout: 10_000 }).toBe(200)
    expect((await sendModern(service.url, { token: "good" })).status).toBe(200)
    expect((await sendModern(service.url, { token: "bad" })).status).toBe(401)
    const mirror = await fetch(`${service.origin}/.well-known/oauth-authorization-server`)
    expect(await mirror.json()).toMatchObject({ issuer: service.issuer })
    expect(service.output()).toContain('"strategy":"introspection"')
    expect(service.output()).toContain("run one replica")
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
