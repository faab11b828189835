/** The settings: what is derived, and what is refused in one sentence. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigurationError } from "@gatehouse/service-kit"
import { describe, expect, it, onTestFinished } from "vitest"
import { authorizationServers, mcpConfigFrom, readMcpSettings } from "../src/config.ts"

const configOf = (env: Record<string, string>) => mcpConfigFrom(readMcpSettings(env))
const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    authorizationServers(readMcpSettings(env))
    configOf(env)
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

function fileWith(content: string): string {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, "servers.json"), content)
  return join(directory, "servers.json")
}

const serversOf = (env: Record<string, string>) => authorizationServers(readMcpSettings(env))

const external = {
  AUTH_MODE: "external",
  AUTH_SERVER_URL: "https://auth.example.com",
  INTROSPECTION_CLIENT_ID: "mcp",
  INTROSPECTION_CLIENT_SECRET: "secret-of-32-characters-and-more",
}

describe("OAuth configuration of the MCP service", () => {
  it("is one process on port 3232 by default", () => {
    expect(configOf({})).toMatchObject({
      baseUri: "http://localhost:3232",
      resource: "http://localhost:3232/mcp",
    })
  })

  it("takes the resource from BASE_URI, or as it is given", () => {
    expect(configOf({ BASE_URI: "https://mcp.example.com/" }).resource).toBe("https://mcp.example.com/mcp")
    const env = { BASE_URI: "https://mcp.example.com", RESOURCE_URL: "https://MCP.example.com/tenant/mcp" }
    expect(configOf(env).resource).toBe("https://mcp.example.com/tenant/mcp")
  })

  it("keeps the issuer as it is spelled", () => {
    const env = { ...external, AUTH_SERVER_URL: "https://auth.example.com/t/" }
    expect(serversOf(env)).toMatchObject([{ issuer: "https://auth.example.com/t/" }])
  })

  it("accepts what belongs together", () => {
    expect(problemsOf(external)).toEqual([])
  })

  it.each([
    ["no issuer", { ...external, AUTH_SERVER_URL: "" }, /AUTH_SERVER_URL/],
    ["an unknown strategy", { ...external, TOKEN_VALIDATION: "trust" }, /TOKEN_VALIDATION must be one of/],
    [
      "a key that is none",
      { ...external, INTROSPECTION_PRIVATE_KEY: "secret-of-32" },
      /INTROSPECTION_PRIVATE_KEY must be JSON/,
    ],
    [
      "one address for two servers",
      { ...external, AUTH_SERVER_URL: "https://a.test,https://b.test", JWKS_URL: "https://a.test/jwks" },
      /JWKS_URL cannot be for several/,
    ],
    ["internal mode on its own", {}, /AUTH_MODE=internal/],
    [
      "a plain http issuer",
      { ...external, AUTH_SERVER_URL: "http://auth.example.com" },
      /AUTH_SERVER_URL is plain http/,
    ],
    ["a plain http resource", { ...external, BASE_URI: "http://mcp.example.com" }, /BASE_URI is plain http/],
    ["an unknown mode", { ...external, AUTH_MODE: "both" }, /AUTH_MODE must be one of/],
    ["a short key", { ...external, REQUEST_STATE_KEY: "short" }, /REQUEST_STATE_KEY must have at least 32 bytes/],
    ["scopes of no tool", { ...external, TOOL_SCOPES: "mcp:admin" }, /TOOL_SCOPES must be tool=scope/],
    ["no public URL in production", { ...external, NODE_ENV: "production" }, /BASE_URI is needed/],
  ])("U5 refuses %s in one sentence", (_what, env, sentence) => {
    const problems = problemsOf(env as Record<string, string>)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(sentence)
    expect(problems[0]).not.toContain("secret-of-32")
  })

  it("accepts a plain http issuer when the operator accepts the risk", () => {
    expect(problemsOf({ ...external, AUTH_SERVER_URL: "http://auth", ALLOW_HTTP_ISSUER: "true" })).toEqual([])
  })

  it("reads several authorization servers, which share what is said beside their issuers", () => {
    const env = { ...external, AUTH_SERVER_URL: "https://new.test, https://old.test", ALLOWED_CLIENT_IDS: "a,b" }
    const credentials = {
      method: "client_secret_basic",
      clientId: "mcp",
      clientSecret: "secret-of-32-characters-and-more",
    }
    const shared = { credentials, allowedClientIds: ["a", "b"], strategy: "auto" }
    expect(serversOf(env)).toMatchObject([
      { issuer: "https://new.test", ...shared },
      { issuer: "https://old.test", ...shared },
    ])
  })

  it("reads AUTH_SERVERS_FILE, where each has settings of its own", () => {
    const servers = [
      { auth_server_url: "https://new.test", auth_provider: "keycloak", token_validation: "hybrid" },
      { auth_server_url: "https://old.test", introspection_client_id: "x", introspection_client_secret: "y" },
    ]
    const file = fileWith(JSON.stringify({ authorization_servers: servers }))
    expect(serversOf({ AUTH_MODE: "external", AUTH_SERVERS_FILE: file })).toMatchObject([
      { issuer: "https://new.test", provider: "keycloak", strategy: "hybrid" },
      { issuer: "https://old.test", credentials: { clientId: "x", clientSecret: "y" } },
    ])
  })

  it.each([
    ["no JSON", "{", /is not JSON/],
    ["a name that is almost one", '{"authorization_servers":[{"auth_server":"https://x.test"}]}', /auth_server_url/],
    ["none at all", '{"authorization_servers":[]}', /authorization_servers/],
  ])("refuses an AUTH_SERVERS_FILE of %s, with its path and place", (_what, content, sentence) => {
    const problems = problemsOf({ AUTH_MODE: "external", AUTH_SERVERS_FILE: fileWith(content) })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(sentence)
  })

  it("reads the scopes of tools", () => {
    const { toolScopes } = configOf({ TOOL_SCOPES: "add=mcp:admin payroll, echo = mcp:echo" })
    expect([...toolScopes]).toEqual([
      ["add", ["mcp:admin", "payroll"]],
      ["echo", ["mcp:echo"]],
    ])
  })
})
