/** Every command in the README and in docs/ is run here, or is one of the few that others run. */
import { execFile } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import { authorizationServers, readMcpSettings } from "@gatehouse/mcp"
import { startRedis } from "@gatehouse/test-kit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Browser } from "./e2e/browser.ts"
import { type Topology, topologies } from "./e2e/topologies.ts"

const root = resolve(import.meta.dirname, "../../..")
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  ...globSync("docs/**/*.md", { cwd: root }).filter((document) => document !== "docs/configuration.md"),
]

/** Run by others: the two README commands by a clean clone in CI, the suites by this very run, the long-running ones by the end-to-end suite. */
const runElsewhere = [
  /^npm ci( && npm (start|test))?$/,
  /^npm (test( -- --testNamePattern="OAuth")?|start)$/,
  /^npm run (test:(e2e|keycloak)|check|build|bench(:revocation)?|drill|format)$/,
  /^(DEBUG=\* )?npm run (dev:internal|dev:external)$/,
  /^npm run start:(auth|mcp)$/,
  /^npx @modelcontextprotocol\/inspector$/,
]

/** Commands of the fenced `sh` blocks, comments and line continuations taken away. */
function commandsOf(document: string): string[] {
  const text = readFileSync(join(root, document), "utf8")
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) =>
    block
      .replaceAll("\\\n", " ")
      .split("\n")
      .map((line) =>
        line
          .replace(/\s+#.*$/, "")
          .replace(/\s+/g, " ")
          .trim(),
      )
      .filter((line) => line !== ""),
  )
}

const commands = documents.flatMap((document) => commandsOf(document).map((command) => ({ document, command })))
const runnable = commands.filter(({ command }) => !runElsewhere.some((pattern) => pattern.test(command)))

describe("documentation of OAuth", () => {
  let redis: Awaited<ReturnType<typeof startRedis>>
  let internal: Topology
  let external: Topology
  let token: string

  beforeAll(async () => {
    redis = await startRedis()
    const startOn = (name: string) => topologies.find((topology) => topology.name === name)?.start()
    internal = (await startOn("internal, in memory")) as Topology
    external = (await startOn("external, on Redis")) as Topology
    token = await tokenFrom(external)
  })
  afterAll(async () => {
    await Promise.all([internal?.stop(), external?.stop(), redis?.stop()])
  })

  async function tokenFrom({ issuer, mcpUrl }: Topology): Promise<string> {
    const redirectUri = "http://127.0.0.1:43210/callback"
    const registered = (await (
      await fetch(`${issuer}/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ client_name: "Docs", redirect_uris: [redirectUri], token_endpoint_auth_method: "none" }),
      })
    ).json()) as { client_id: string }
    const query = new URLSearchParams({
      response_type: "code",
      client_id: registered.client_id,
      redirect_uri: redirectUri,
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
      resource: mcpUrl,
    })
    const callback = await new Browser().authorize(`${issuer}/authorize?${query}`, "alice")
    const answer = await fetch(`${issuer}/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        client_id: registered.client_id,
        code: callback.searchParams.get("code") ?? "",
        code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
      }),
    })
    return ((await answer.json()) as { access_token: string }).access_token
  }

  /** The documents speak of the usual ports; the test's processes have ports of their own. */
  function placed(command: string): string {
    const mcp = command.includes("$TOKEN") ? external.mcpUrl : internal.mcpUrl
    const managementOf = (topology: Topology) => topology.authEnvironment["MANAGEMENT_PORT"] ?? ""
    return command
      .replaceAll("http://localhost:3232", new URL(mcp).origin)
      .replaceAll("http://localhost:3001", external.issuer)
      .replaceAll("http://localhost:9464", `http://127.0.0.1:${managementOf(internal)}`)
      .replaceAll("redis-cli", `redis-cli -u ${external.authEnvironment["REDIS_URL"]}`)
      .replaceAll("npx gatehouse-auth", `node --conditions=source ${join(root, "services/auth/src/operator.ts")}`)
  }

  it("has commands to run", () => {
    expect(runnable.length).toBeGreaterThan(8)
  })

  it.each(runnable)("$document: $command", async ({ command }) => {
    const { stdout, stderr } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", placed(command)], {
      cwd: root,
      env: {
        PATH: process.env["PATH"],
        ...external.authEnvironment,
        TOKEN: token,
        INTROSPECTION_CLIENT_SECRET: external.introspectionSecret,
      },
    })
    expect(`${stdout}${stderr}`).not.toMatch(/server_error|"error":"not_found"|"active":false/)
  })

  it("names only npm scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    const named = documents.flatMap((document) =>
      [...readFileSync(join(root, document), "utf8").matchAll(/npm run ([a-z0-9:-]+)/g)].map(([, name = ""]) => name),
    )
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })

  const environments = documents.flatMap((document) =>
    [...readFileSync(join(root, document), "utf8").matchAll(/^ *```ini\n([\s\S]*?)^ *```$/gm)].map(([, text = ""]) => ({
      document,
      text,
    })),
  )

  it.each(environments)("$document: its environment is one that the MCP service understands", ({ text }) => {
    const lines = text.split("\n").map((line) => line.trim())
    const pairs = lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(/=(.*)/s))
    const env = Object.fromEntries(pairs.map(([name = "", value = ""]) => [name, value]))
    const files = Object.keys(env).filter((name) => name.endsWith("_FILE"))
    for (const name of files) delete env[name] // of another machine
    expect(readMcpSettings(env)).toBeDefined()
    if (files.length === 0 && env["AUTH_MODE"] === "external")
      expect(authorizationServers(readMcpSettings(env))).not.toEqual([])
  })

  it("links only to files that exist", () => {
    const broken = [...documents, "ARCHITECTURE.md", "docs/configuration.md"].flatMap((document) =>
      [...readFileSync(join(root, document), "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)]
        .map(([, target = ""]) => target)
        .filter((target) => {
          try {
            readFileSync(resolve(root, document, "..", target))
            return false
          } catch {
            return true
          }
        }),
    )
    expect(broken).toEqual([])
  })
})
