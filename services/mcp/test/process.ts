/** The MCP service as a process of its own, and an authorization server at the other end of a socket. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { findFreePort } from "@gatehouse/test-kit"
import { onTestFinished } from "vitest"

const main = join(import.meta.dirname, "../src/main.ts")
const json = (response: ServerResponse, body: object) =>
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body))

/** Publishes metadata and calls the token "good" active. */
export async function startAuthorizationServer(resource: string) {
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

export function startProcess(env: Record<string, string>) {
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

/** @param more settings beyond those that it needs */
export async function startService(issuer?: string, more: Record<string, string> = {}) {
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
    ...more,
  })
  const statusOf = (path: string) =>
    fetch(`http://127.0.0.1:${managementPort}${path}`).then(
      ({ status }) => status,
      () => 0,
    )
  return { ...service, origin, managementPort, url: `${origin}/mcp`, issuer: authorizationServer, statusOf }
}
