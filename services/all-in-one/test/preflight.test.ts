/** The preflight of the MCP chart: what does not fit is named in one sentence, before anything is installed. */

import { once } from "node:events"
import { connect, createServer, type Server } from "node:net"
import { authorizationServers, readMcpSettings } from "@gatehouse/mcp"
import { findFreePort } from "@gatehouse/test-kit"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { checkAuthorizationServer } from "../../mcp/src/preflight/authorization-server-check.ts"
import { withChartValues } from "../../mcp/src/preflight/chart-values.ts"
import { runProgramOf } from "../../shared/release/test/programs.ts"
import {
  json,
  type ScriptedServer,
  startAuthorizationServer,
  status,
} from "../../shared/token-verifier/test/authorization-server.ts"
import { type ReleaseCluster, startReleaseCluster } from "./release-cluster.ts"

let cluster: ReleaseCluster
beforeAll(async () => {
  cluster = await startReleaseCluster()
})
afterAll(() => cluster?.stop())

const run = (env: Record<string, string> = {}) =>
  runProgramOf("mcp/src/preflight.ts", { ...cluster.mcpEnvironment, PREFLIGHT_TIMEOUT_SECONDS: "2", ...env })
const AGREE = "the authorization server https://auth.example.com and this release agree"

describe("preflight.js, on services that run", () => {
  it("finds that everything fits", async () => {
    expect(await run()).toEqual({
      code: 0,
      lines: [`ok: ${AGREE}`, "ok: its introspection endpoint knows us", "ok: Redis answers"],
      stderr: "",
    })
  })

  it.each([
    [
      "the resource is not one that tokens are issued for",
      { BASE_URI: "https://other.example.com" },
      `failed: ${AGREE}: https://auth.example.com issues tokens for https://mcp.example.com/mcp, and not for https://other.example.com/mcp: add it to resourceUrls of the auth chart (RESOURCES), or correct resourceUrl (RESOURCE_URL) or baseUri (BASE_URI) here`,
    ],
    [
      "the introspection secret is another",
      { INTROSPECTION_CLIENT_SECRET: "w".repeat(43) },
      `failed: ${AGREE}: https://auth.example.com refuses this service's own client mcp: introspection.clientId (INTROSPECTION_CLIENT_ID) and introspection.existingSecret (INTROSPECTION_CLIENT_SECRET) must be what it knows`,
    ],
    [
      "the introspection client is another",
      { INTROSPECTION_CLIENT_ID: "nobody" },
      `failed: ${AGREE}: https://auth.example.com refuses this service's own client nobody: introspection.clientId (INTROSPECTION_CLIENT_ID) and introspection.existingSecret (INTROSPECTION_CLIENT_SECRET) must be what it knows`,
    ],
  ])("says that %s, and nothing else", async (_, env, sentence) => {
    expect(await run(env)).toEqual({ code: 1, lines: [sentence], stderr: "" })
  })

  it("M2 says both names when the issuer has another, and when it differs in its last byte", async () => {
    const other = await run({ AUTH_SERVER_URL: "https://login.example.com" })
    expect(other).toMatchObject({ code: 1, lines: { length: 1 } })
    expect(other.lines[0]).toContain(
      "the authorization server at https://login.example.com names itself https://auth.example.com: set authServer.url (AUTH_SERVER_URL) to that",
    )
    const slash = await run({ AUTH_SERVER_URL: "https://auth.example.com/" })
    expect(slash).toMatchObject({ code: 1, lines: { length: 1 } })
    expect(slash.lines[0]).toContain(
      "calls itself https://auth.example.com, and authServer.url (AUTH_SERVER_URL) is https://auth.example.com/: set it to https://auth.example.com",
    )
  })

  it("says where nobody answers", async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`
    const { code, lines } = await run({ AUTH_SERVER_INTERNAL_URL: url })
    expect({ code, count: lines.length }).toEqual({ code: 1, count: 1 })
    expect(lines[0]).toContain(`nothing answers at ${url} (refused: `)
    expect(lines[0]).toContain("is authServer.internalUrl (AUTH_SERVER_INTERNAL_URL) right?")
  })

  it("waits for an authorization server that is still starting", async () => {
    const port = await findFreePort()
    const forwarding = createServer((client) => {
      const target = connect(Number(new URL(cluster.authUrl).port), "127.0.0.1")
      client.pipe(target).pipe(client)
      for (const socket of [client, target]) socket.on("error", () => socket.destroy())
    })
    const running = run({ AUTH_SERVER_INTERNAL_URL: `http://127.0.0.1:${port}`, PREFLIGHT_TIMEOUT_SECONDS: "30" })
    setTimeout(() => forwarding.listen(port, "127.0.0.1"), 3_000)
    expect(await running).toMatchObject({ code: 0 })
    await closed(forwarding)
  })

  it("says what is wrong with Redis, which a release that brings its own does not have yet", async () => {
    const wrong = await run({ REDIS_PASSWORD: "w".repeat(43) })
    expect(wrong.code).toBe(1)
    expect(wrong.lines[2]).toMatch(
      /^failed: Redis answers: Redis at 127\.0\.0\.1:\d+ refuses the user or the password: set externalRedis\.username \(REDIS_USERNAME\) and externalRedis\.existingSecret or authServer\.redis\.existingSecret \(REDIS_PASSWORD\)/,
    )
    const later = await run({ REDIS_PASSWORD: "w".repeat(43), PREFLIGHT_REDIS: "later" })
    expect(later.code).toBe(0)
    expect(later.lines[2]).toBe("not checked: Redis answers, because it is installed together with the service")
  })

  it("says which Secret is missing", async () => {
    const PREFLIGHT_SECRETS =
      "INTROSPECTION_CLIENT_SECRET=auth-credentials/introspection-client-secret,REDIS_PASSWORD=a/b"
    const { code, lines } = await run({ PREFLIGHT_SECRETS, INTROSPECTION_CLIENT_SECRET: "" })
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [
        "failed: there is no Secret auth-credentials with a key introspection-client-secret in this namespace, and introspection.existingSecret (INTROSPECTION_CLIENT_SECRET) is taken from it: create it, or name another",
      ],
    })
    expect((await run({ PREFLIGHT_SECRETS })).code).toBe(0)
  })

  it("says in one sentence that the release is missing whose Secret it is", async () => {
    const at = (name: string, key: string) => `${name}=auht-credentials/${key}@authServer.release`
    const PREFLIGHT_SECRETS = [
      at("INTROSPECTION_CLIENT_SECRET", "introspection-client-secret"),
      at("REDIS_PASSWORD", "redis-password"),
    ].join(",")
    const { code, lines } = await run({ PREFLIGHT_SECRETS, INTROSPECTION_CLIENT_SECRET: "", REDIS_PASSWORD: "" })
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [
        "failed: there is no Secret auht-credentials with a key introspection-client-secret and a key redis-password in this namespace, to which authServer.release leads: correct that, or install that release first",
      ],
    })
  })

  it("says of settings that the service would refuse what the service would say", async () => {
    const { code, lines } = await run({ AUTH_SERVER_URL: "http://auth.example.com" })
    expect(code).toBe(1)
    expect(lines).toEqual([
      "failed: authServer.url (AUTH_SERVER_URL) is plain http on auth.example.com: use https, or set authServer.allowHttp (ALLOW_HTTP_ISSUER=true) to accept the risk",
    ])
  })
})

describe("preflight of any authorization server", () => {
  let server: ScriptedServer
  beforeEach(async () => {
    server = await startAuthorizationServer()
  })
  afterEach(() => server.close())

  const METADATA = "/.well-known/oauth-authorization-server"
  const publish = (document: object) =>
    server.documents.set(
      METADATA,
      json({ issuer: server.issuer, introspection_endpoint: server.endpoint, ...document }),
    )
  const check = (env: Record<string, string>, times: { timeoutMs: number; settleMs: number }) => {
    const settings = { AUTH_MODE: "external", AUTH_SERVER_URL: server.issuer, ...env }
    const [options] = authorizationServers(readMcpSettings(settings))
    if (options === undefined) throw new Error("no authorization server")
    return checkAuthorizationServer(options, { resource: "https://mcp.example.com/mcp", ...times })
  }
  const credentials = { INTROSPECTION_CLIENT_ID: "us", INTROSPECTION_CLIENT_SECRET: "s".repeat(32) }

  it("gives a mismatch the time of a rollout to pass", async () => {
    publish({ protected_resources: ["https://old.example.com"] })
    setTimeout(() => publish({ protected_resources: ["https://mcp.example.com/mcp"] }), 1_500)
    const found = await check(credentials, { timeoutMs: 20_000, settleMs: 10_000 })
    expect(found).toMatchObject({ strategy: "introspection", introspected: true })
  })

  it("asks nothing of resources where the metadata lists none", async () => {
    publish({})
    expect(await check(credentials, { timeoutMs: 0, settleMs: 0 })).toMatchObject({ introspected: true })
  })

  it("introspects only when that is how tokens are validated, and says why it does not", async () => {
    server.documents.set("/jwks", json({ keys: [publicKey] }))
    publish({ jwks_uri: `${server.issuer}/jwks` })
    const found = await check({}, { timeoutMs: 0, settleMs: 0 })
    expect(found).toMatchObject({ strategy: "jwt", introspected: false })
    expect(found.why).toContain("introspection would need INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET")
    expect(server.calls).toEqual([])
  })

  it("tells a server that is there and is none from one that is not there", async () => {
    await expect(check(credentials, { timeoutMs: 0, settleMs: 0 })).rejects.toThrow(
      `${server.issuer} answers, but not as an authorization server whose issuer is ${server.issuer}`,
    )
  })

  it("says that an introspection endpoint gives no usable answer", async () => {
    publish({})
    server.behaviour = status(500)
    await expect(check(credentials, { timeoutMs: 0, settleMs: 0 })).rejects.toThrow(
      `the introspection endpoint of ${server.issuer} gives no usable answer (bad_response)`,
    )
  })

  it("names the value of the chart beside each setting", () => {
    expect(withChartValues("set JWKS_URL=https://a.example.com/jwks: or AUTH_SERVER_URL_OF_OTHERS, or BASE_URI.")).toBe(
      "set tokenValidation.jwksUrl (JWKS_URL=https://a.example.com/jwks): or AUTH_SERVER_URL_OF_OTHERS, or baseUri (BASE_URI).",
    )
  })
})

const publicKey = {
  kty: "EC",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  kid: "a",
  use: "sig",
  alg: "ES256",
}

async function closed(server: Server): Promise<void> {
  server.close()
  await once(server, "close")
}
