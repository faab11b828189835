/** What `npm start`, `npm run dev:internal` and `npm run dev:external` start, as processes. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findFreePort } from "@gatehouse/test-kit"
import { describe, expect, it, onTestFinished } from "vitest"
import { type RunningProcess, root, runNode } from "./processes.ts"

const source = join(root, "services/all-in-one/src")

/** Two neighbouring free ports: `dev:external` gives the second to the management of the authorization server. */
async function freePair(): Promise<number> {
  const port = await findFreePort()
  return port < 65_000 ? port : freePair()
}

async function start(args: string[], env: Record<string, string> = {}, cwd?: string) {
  const [port, managementPort] = [await findFreePort(), await freePair()]
  const running = runNode(
    ["--conditions=source", ...args],
    { PORT: String(port), MANAGEMENT_PORT: String(managementPort), ...env },
    cwd,
  )
  onTestFinished(async () => void (await running.end()))
  return { ...running, port, managementPort, url: `http://localhost:${port}/mcp` }
}

const statusOf = async (url: string) => (await fetch(url, { method: "POST" })).status
const untilPrinted = ({ output }: RunningProcess, text: string) =>
  expect.poll(output, { timeout: 20_000 }).toContain(text)

describe("OAuth in development: npm start", () => {
  it("says what runs where and what to do next, and serves both on loopback", async () => {
    const service = await start([join(source, "main.ts")])
    await untilPrinted(service, "Next:")
    const output = service.output()
    expect(output).toContain(`Gatehouse runs on http://localhost:${service.port}, in memory`)
    expect(output).toContain(`http://127.0.0.1:${service.managementPort}/health`)
    expect(output).toContain("npx @modelcontextprotocol/inspector")
    expect(await statusOf(service.url)).toBe(401)
    expect((await fetch(`http://localhost:${service.port}/`)).status).toBe(200)
    const health = await (await fetch(`http://127.0.0.1:${service.managementPort}/health`)).json()
    expect(JSON.stringify(health)).toContain("in-process")
    expect(await service.end()).toBe(0)
  })

  it("reads .env where it is started, and the environment wins over it", async () => {
    const directory = await mkdtemp(join(tmpdir(), "gatehouse-env-"))
    onTestFinished(() => rm(directory, { recursive: true }))
    await writeFile(join(directory, ".env"), "RESOURCE_URL=http://localhost/from-dotenv\nPORT=1\n")
    const service = await start([join(source, "main.ts")], {}, directory)
    await untilPrinted(service, "http://localhost/from-dotenv")
    expect(await statusOf(service.url)).toBe(401)
  })

  it("refuses AUTH_MODE=external, and says what starts two processes", async () => {
    const service = await start([join(source, "main.ts")], { AUTH_MODE: "external" })
    await untilPrinted(service, "npm run dev:external")
    await expect.poll(() => service.child.exitCode).toBe(1)
  })

  it("refuses resources without its own", async () => {
    const service = await start([join(source, "main.ts")], { RESOURCES: "https://other.test/mcp" })
    await untilPrinted(service, `RESOURCES must name http://localhost:${service.port}/mcp`)
  })

  it("serves everything under the path of BASE_URI", async () => {
    const port = await findFreePort()
    const base = `http://localhost:${port}/t1`
    const service = await start([join(source, "main.ts")], { PORT: String(port), BASE_URI: base })
    await untilPrinted(service, "Next:")
    expect(await statusOf(`${base}/mcp`)).toBe(401)
    expect((await fetch(`${base}/jwks`)).status).toBe(200)
    const metadata = await fetch(`http://localhost:${port}/.well-known/oauth-authorization-server/t1`)
    expect(await metadata.json()).toMatchObject({ issuer: base })
    const resource = await fetch(`http://localhost:${port}/.well-known/oauth-protected-resource/t1/mcp`)
    expect(await resource.json()).toMatchObject({ resource: `${base}/mcp`, authorization_servers: [base] })
  })
})

describe("OAuth in development: npm run dev:internal", () => {
  it("runs the same under a watch, and ends with it", async () => {
    const service = await start(["--watch", "--watch-preserve-output", join(source, "main.ts")])
    await untilPrinted(service, "Next:")
    expect(await statusOf(service.url)).toBe(401)
    await service.end()
    await expect(statusOf(service.url)).rejects.toThrow()
  })
})

describe("OAuth in development: npm run dev:external", () => {
  it("runs two processes that know each other, and ends both", async () => {
    const authPort = await findFreePort()
    const service = await start([join(source, "dev-external.ts"), "--auth-port", String(authPort)])
    await untilPrinted(service, "Next:")
    const issuer = `http://localhost:${authPort}`
    const { origin } = new URL(service.url)
    const resource = await (await fetch(`${origin}/.well-known/oauth-protected-resource/mcp`)).json()
    expect(resource).toMatchObject({ authorization_servers: [issuer], resource: service.url })
    const mirrored = await (await fetch(`${origin}/.well-known/oauth-authorization-server`)).json()
    expect(mirrored).toMatchObject({ issuer })
    // A token that nobody issued is refused and not unavailable: the credentials of the one are known to the other.
    const refused = await fetch(service.url, { method: "POST", headers: { authorization: "Bearer unknown" } })
    expect(refused.status).toBe(401)
    await service.end()
    await expect(statusOf(service.url)).rejects.toThrow()
    await expect(fetch(issuer)).rejects.toThrow()
  })

  it("starts no authorization server of its own when AUTH_SERVER_URL names another", async () => {
    const authPort = await findFreePort()
    const service = await start([join(source, "dev-external.ts"), "--auth-port", String(authPort)], {
      AUTH_SERVER_URL: `http://127.0.0.1:${await findFreePort()}`,
      INTROSPECTION_CLIENT_ID: "mcp",
      INTROSPECTION_CLIENT_SECRET: "a-secret-of-the-other-server",
    })
    await expect.poll(() => statusOf(service.url).catch(() => 0), { timeout: 20_000 }).toBe(401)
    await expect(fetch(`http://localhost:${authPort}`)).rejects.toThrow()
    expect(service.output()).not.toContain("gatehouse-auth")
  })

  it("says why a service cannot start", async () => {
    const service = await start([join(source, "dev-external.ts")], { REDIS_URL: "http://not-redis" })
    await untilPrinted(service, "REDIS_URL")
  })
})
