/** The tests that a chart brings along, on a release that works and on every one that does not fit together. */
import { readSettings, redisSettings } from "@gatehouse/service-kit"
import { findFreePort } from "@gatehouse/test-kit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type AuthRelease, checkAuthRelease } from "../../shared/release/src/auth-checks.ts"
import { createCheckList } from "../../shared/release/src/check-list.ts"
import { checkMcpRelease, type McpRelease } from "../../shared/release/src/mcp-checks.ts"
import { runProgramOf } from "../../shared/release/test/programs.ts"
import { type ReleaseCluster, startReleaseCluster } from "./release-cluster.ts"

let cluster: ReleaseCluster
beforeAll(async () => {
  cluster = await startReleaseCluster()
})
afterAll(() => cluster?.stop())

const secretOf = (key: string) => cluster.credentials[key] ?? ""
const testClient = () => ({ clientId: "helm-test", clientSecret: secretOf("test-client-secret") })
const redisOf = (env: Record<string, string>) => readSettings(redisSettings, env)
const wrongSecret = "w".repeat(43)

async function linesOf(checks: (list: ReturnType<typeof createCheckList>) => Promise<void>): Promise<string[]> {
  const lines: string[] = []
  const list = createCheckList((line) => lines.push(line))
  await checks(list)
  expect(list.failures()).toBe(lines.filter((line) => line.startsWith("failed: ")).length)
  return lines
}
const failuresIn = (lines: string[]) => lines.filter((line) => line.startsWith("failed: "))

describe("test-auth.js", () => {
  const environment = () => ({
    ISSUER: cluster.issuer,
    URL: cluster.authUrl,
    RESOURCE: cluster.resource,
    TEST_CLIENT_ID: "helm-test",
    TEST_CLIENT_SECRET: secretOf("test-client-secret"),
    INTROSPECTION_CLIENT_ID: "mcp",
    INTROSPECTION_CLIENT_SECRET: secretOf("introspection-client-secret"),
    ...cluster.redisEnvironment,
  })
  const run = (env: Record<string, string> = {}) =>
    runProgramOf("shared/release/src/test-auth.ts", { ...environment(), ...env })
  const failuresOf = async (other: Partial<AuthRelease>) => {
    const release: AuthRelease = {
      place: { issuer: cluster.issuer, url: cluster.authUrl },
      resource: cluster.resource,
      testClient: testClient(),
      resourceServer: { clientId: "mcp", clientSecret: secretOf("introspection-client-secret") },
      redis: redisOf(cluster.redisEnvironment),
      timeoutMs: 300,
    }
    return failuresIn(await linesOf((list) => checkAuthRelease({ ...release, ...other }, list)))
  }

  it("finds a release well, in a line a check and without a secret", async () => {
    const { code, lines, stderr } = await run()
    expect(lines.filter((line) => !line.startsWith("ok: "))).toEqual([])
    expect({ code, count: lines.length, stderr }).toEqual({ code: 0, count: 11, stderr: "" })
    for (const secret of Object.values(cluster.credentials)) expect(lines.join("\n")).not.toContain(secret)
  })

  it("says what it has not looked at, and why", async () => {
    const absent = { TEST_CLIENT_SECRET: "", INTROSPECTION_CLIENT_SECRET: "", REDIS_URL: "" }
    const { code, lines } = await run(absent)
    expect(code).toBe(0)
    expect(lines.filter((line) => line.startsWith("ok: "))).toHaveLength(4)
    expect(lines).toContain(
      "not checked: a token is issued by client credentials, because there is no test client (TEST_CLIENT_ID, TEST_CLIENT_SECRET)",
    )
    expect(lines).toContain("not checked: Redis answers, because no Redis is configured (REDIS_URL)")
  })

  it("ends with 1 when a check fails, and with the name of what it was not told", async () => {
    expect((await run({ RESOURCE: "https://other.example.com" })).code).toBe(1)
    const { code, lines } = await run({ ISSUER: "" })
    expect({ code, lines }).toEqual({ code: 1, lines: ["failed: ISSUER is needed"] })
  })

  it("M2 compares the issuer byte for byte, and says both", async () => {
    const [first] = await failuresOf({ place: { issuer: `${cluster.issuer}/`, url: cluster.authUrl } })
    expect(first).toContain('it names itself "https://auth.example.com" and is called "https://auth.example.com/"')
  })

  it("says for which resources tokens are issued", async () => {
    const failures = await failuresOf({ resource: "https://other.example.com/mcp" })
    expect(failures[0]).toContain("its protected_resources are https://mcp.example.com/mcp")
    expect(failures[1]).toContain("RESOURCES of the authorization server must name it")
  })

  it("says whose secret is wrong", async () => {
    const client = await failuresOf({ testClient: { clientId: "helm-test", clientSecret: wrongSecret } })
    expect(client).toHaveLength(1)
    expect(client[0]).toContain("the client helm-test is not known with this secret")
    const server = await failuresOf({ resourceServer: { clientId: "mcp", clientSecret: wrongSecret } })
    expect(server[0]).toContain("INTROSPECTION_CLIENT_SECRET differs from that of the service")
  })

  it("says which of address and password is wrong with Redis", async () => {
    const port = await findFreePort()
    const { REDIS_URL = "" } = cluster.redisEnvironment
    expect(await failuresOf({ redis: redisOf({ REDIS_URL: `redis://127.0.0.1:${port}` }) })).toEqual([
      expect.stringContaining(`Redis at 127.0.0.1:${port} does not answer (ECONNREFUSED)`),
    ])
    expect(await failuresOf({ redis: redisOf({ REDIS_URL }) })).toEqual([
      expect.stringContaining("wants a password: set REDIS_PASSWORD"),
    ])
    const [refused] = await failuresOf({ redis: redisOf({ REDIS_URL, REDIS_PASSWORD: wrongSecret }) })
    expect(refused).toContain("refuses the user or the password")
    expect(refused).not.toContain(wrongSecret)
  })

  it("says that nobody answers, once it has waited", async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`
    const begun = performance.now()
    const failures = await failuresOf({ place: { issuer: cluster.issuer, url } })
    expect(failures[0]).toContain(`${url}/.well-known/oauth-authorization-server does not answer (ECONNREFUSED)`)
    expect(performance.now() - begun).toBeGreaterThan(300)
  })
})

describe("test-mcp.js", () => {
  const environment = () => ({
    MCP_URL: cluster.mcpUrl,
    RESOURCE: cluster.resource,
    ISSUER: cluster.issuer,
    AUTH_URL: cluster.authUrl,
    TEST_CLIENT_ID: "helm-test",
    TEST_CLIENT_SECRET: secretOf("test-client-secret"),
    ...cluster.redisEnvironment,
  })
  const run = (env: Record<string, string> = {}) =>
    runProgramOf("shared/release/src/test-mcp.ts", { ...environment(), ...env })
  const failuresOf = async (other: Partial<McpRelease>) => {
    const release: McpRelease = {
      mcpUrl: cluster.mcpUrl,
      resource: cluster.resource,
      issuer: cluster.issuer,
      authUrl: cluster.authUrl,
      testClient: testClient(),
      redis: redisOf(cluster.redisEnvironment),
      timeoutMs: 300,
      revokedWithinMs: 5_000,
    }
    return failuresIn(await linesOf((list) => checkMcpRelease({ ...release, ...other }, list)))
  }

  it("finds a release well, a revoked token refused within seconds, in a line a check and without a secret", async () => {
    const { code, lines, stderr } = await run({ REVOKED_WITHIN_SECONDS: "5" })
    expect(lines.filter((line) => !line.startsWith("ok: "))).toEqual([])
    expect({ code, count: lines.length, stderr }).toEqual({ code: 0, count: 10, stderr: "" })
    for (const secret of Object.values(cluster.credentials)) expect(lines.join("\n")).not.toContain(secret)
  })

  it("says what it has not looked at, and why", async () => {
    const { code, lines } = await run({ AUTH_URL: "", TEST_CLIENT_SECRET: "", REDIS_URL: "" })
    expect(code).toBe(0)
    expect(lines.filter((line) => line.startsWith("ok: "))).toHaveLength(3)
    expect(lines).toContain(
      "not checked: the authorization server's own metadata names https://auth.example.com, because it is not said where to reach the authorization server (AUTH_URL)",
    )
    expect(lines).toContain("not checked: the token is revoked, because there is no token")
  })

  it("says that a name of the Service is not allowed", async () => {
    const mcpUrl = cluster.mcpUrl.replace("127.0.0.1", "localhost")
    const [first] = await failuresOf({ mcpUrl })
    expect(first).toContain(`it does not serve the name ${new URL(mcpUrl).host}: ALLOWED_HOSTS must list it`)
  })

  it("says whose issuer and whose resource differ, byte for byte", async () => {
    const failures = await failuresOf({ issuer: `${cluster.issuer}/` })
    expect(failures[0]).toContain(
      'names the authorization servers ["https://auth.example.com"]: AUTH_SERVER_URL differs',
    )
    const [, metadata] = await failuresOf({ resource: "https://other.example.com/mcp" })
    expect(metadata).toContain('it is of "https://mcp.example.com/mcp": RESOURCE_URL or BASE_URI differs')
  })

  it("says that nobody answers, once it has waited", async () => {
    const mcpUrl = `http://127.0.0.1:${await findFreePort()}/mcp`
    const failures = await failuresOf({ mcpUrl, testClient: undefined })
    expect(failures[0]).toContain(`${mcpUrl} does not answer (ECONNREFUSED)`)
  })
})
