/** What clients and people find on their way to the endpoint. */
import { describe, expect, it } from "vitest"
import { sendBytes } from "./raw.ts"
import { startService } from "./service.ts"

const serverNamed = (issuer: string) => ({ issuer, metadata: undefined, scopePrefix: "", advertisedScopes: undefined })

describe("OAuth metadata of the resource", () => {
  it.each(["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"])(
    "M5 names the resource as users configure it, its authorization server, and minimal scopes at %s",
    async (path) => {
      const service = await startService()
      const answer = await fetch(`${service.origin}${path}`)
      expect(answer.status).toBe(200)
      expect(await answer.json()).toEqual({
        resource: service.url,
        authorization_servers: ["https://auth.test"],
        scopes_supported: ["mcp", "mcp:tools", "mcp:resources", "mcp:prompts"],
        bearer_methods_supported: ["header"],
        resource_name: "Gatehouse MCP server",
      })
    },
  )

  it("M1 does not change with Host, X-Forwarded-Host or port", async () => {
    const service = await startService()
    const path = "/.well-known/oauth-protected-resource/mcp"
    const expected = await (await fetch(`${service.origin}${path}`)).text()
    const headers = ["X-Forwarded-Host: evil.test", "X-Forwarded-Proto: https"]
    const { body } = await sendBytes(service, { target: path, host: "mcp.internal:8080", headers })
    expect(body).toBe(expected)
    const challenge = (await sendBytes(service, { host: "mcp.internal:8080", headers })).headers
    expect(challenge).toContain(`resource_metadata="${service.origin}/`)
  })

  it("M2 names the authorization server byte for byte as it names itself", async () => {
    const issuer = "https://auth.test/"
    const service = await startService({ authorizationServers: () => [serverNamed(issuer)] })
    const answer = await fetch(`${service.origin}/.well-known/oauth-protected-resource`)
    expect(await answer.json()).toMatchObject({ authorization_servers: [issuer] })
  })

  it("names every authorization server, and scopes as the first one writes them", async () => {
    const first = { ...serverNamed("https://new.test"), scopePrefix: "api://mcp/" }
    const service = await startService({ authorizationServers: () => [first, serverNamed("https://old.test")] })
    const answer = await (await fetch(`${service.origin}/.well-known/oauth-protected-resource`)).json()
    expect(answer).toMatchObject({ authorization_servers: ["https://new.test", "https://old.test"] })
    expect(answer.scopes_supported).toContain("api://mcp/mcp:tools")
    const refused = await fetch(service.url, { method: "POST" })
    expect(refused.headers.get("www-authenticate")).toContain('scope="api://mcp/mcp"')
  })

  it("names the scopes of a provider that has none for an MCP server", async () => {
    const google = { ...serverNamed("https://accounts.google.com"), advertisedScopes: ["openid", "email"] }
    const service = await startService({ authorizationServers: () => [google] })
    const answer = await (await fetch(`${service.origin}/.well-known/oauth-protected-resource`)).json()
    expect(answer).toMatchObject({ scopes_supported: ["openid", "email"] })
    const refused = await fetch(service.url, { method: "POST" })
    expect(refused.headers.get("www-authenticate")).toContain('scope="openid email"')
  })

  it("inserts its path where the resource has a longer one", async () => {
    const service = await startService({ path: "/tenants/1/mcp" })
    const answer = await fetch(`${service.origin}/.well-known/oauth-protected-resource/tenants/1/mcp`)
    expect(await answer.json()).toMatchObject({ resource: `${service.origin}/tenants/1/mcp` })
  })
})

describe("OAuth metadata of the authorization server, mirrored", () => {
  const path = "/.well-known/oauth-authorization-server"

  it("is the authorization server's own document", async () => {
    const document = { issuer: "https://auth.test", token_endpoint: "https://auth.test/token", extra: [1] }
    const service = await startService({
      authorizationServers: () => [{ ...serverNamed(document.issuer), metadata: document }],
    })
    expect(await (await fetch(`${service.origin}${path}`)).json()).toEqual(document)
  })

  it("is 503 with Retry-After as long as it is not known", async () => {
    const service = await startService({ authorizationServers: () => [serverNamed("https://auth.test")] })
    const answer = await fetch(`${service.origin}${path}`)
    expect(answer.status).toBe(503)
    expect(answer.headers.get("retry-after")).toBe("5")
    expect(await answer.json()).toMatchObject({ error: "temporarily_unavailable" })
  })
})

describe("OAuth service, its front page and what is not there", () => {
  it("says where to connect, under a policy that loads nothing", async () => {
    const service = await startService()
    const answer = await fetch(service.origin)
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'")
    expect(answer.headers.get("content-security-policy")).not.toContain("unsafe-inline")
    const page = await answer.text()
    expect(page).toContain(service.url)
    expect(page).toContain('lang="en"')
    expect(page).not.toContain("<script")
  })

  it("Y4 echoes nothing in a 404", async () => {
    const service = await startService()
    const answer = await fetch(`${service.origin}/secret-path?token=secret`)
    expect(answer.status).toBe(404)
    expect(await answer.text()).toBe('{"error":"not_found"}')
  })
})
