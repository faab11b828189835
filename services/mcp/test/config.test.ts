/** The settings: what is derived, and what is refused in one sentence. */
import { ConfigurationError } from "@gatehouse/service-kit"
import { describe, expect, it } from "vitest"
import { introspectionCredentials, mcpConfigFrom, readMcpSettings } from "../src/config.ts"

const configOf = (env: Record<string, string>) => mcpConfigFrom(readMcpSettings(env))
const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    introspectionCredentials(readMcpSettings(env))
    configOf(env)
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

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
      issuer: "http://localhost:3232",
    })
  })

  it("takes the resource from BASE_URI, or as it is given", () => {
    expect(configOf({ BASE_URI: "https://mcp.example.com/" }).resource).toBe("https://mcp.example.com/mcp")
    const env = { BASE_URI: "https://mcp.example.com", RESOURCE_URL: "https://MCP.example.com/tenant/mcp" }
    expect(configOf(env).resource).toBe("https://mcp.example.com/tenant/mcp")
  })

  it("keeps the issuer as it is spelled", () => {
    expect(configOf({ ...external, AUTH_SERVER_URL: "https://auth.example.com/t/" }).issuer).toBe(
      "https://auth.example.com/t/",
    )
  })

  it("accepts what belongs together", () => {
    expect(problemsOf(external)).toEqual([])
  })

  it.each([
    ["no issuer", { ...external, AUTH_SERVER_URL: "" }, /AUTH_SERVER_URL/],
    [
      "no introspection client",
      { ...external, INTROSPECTION_CLIENT_ID: "" },
      /INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET/,
    ],
    ["no introspection secret", { ...external, INTROSPECTION_CLIENT_SECRET: "" }, /INTROSPECTION_CLIENT_SECRET/],
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

  it("reads the scopes of tools", () => {
    const { toolScopes } = configOf({ TOOL_SCOPES: "add=mcp:admin payroll, echo = mcp:echo" })
    expect([...toolScopes]).toEqual([
      ["add", ["mcp:admin", "payroll"]],
      ["echo", ["mcp:echo"]],
    ])
  })
})
