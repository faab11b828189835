/** The environment of the authorization server: what development makes up, and what is refused at start. */
import { generateKeyPairSync } from "node:crypto"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type AuthConfig, authConfigFrom, authSettings, readAuthSettings } from "../src/config.ts"

const directory = mkdtempSync(join(tmpdir(), "gatehouse-config-"))
const fileOf = (name: string, content: unknown): string => {
  const path = join(directory, name)
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content))
  return path
}
const read = (env: Record<string, string>): AuthConfig => authConfigFrom(readAuthSettings(env))
const clientsIn = (content: unknown) => read({ CLIENTS_FILE: fileOf("clients.json", content) }).clientsFile

const jwk = generateKeyPairSync("ec", { namedCurve: "P-256" })
const signingKeys = fileOf("keys.json", { keys: [{ ...jwk.privateKey.export({ format: "jwk" }), kid: "k" }] })
const secret = "s".repeat(32)
const production = {
  NODE_ENV: "production",
  BASE_URI: "https://auth.example.com",
  RESOURCES: "https://mcp.example.com/mcp",
  SIGNING_KEYS_FILE: signingKeys,
  ALLOW_DEMO_IDENTITY: "true",
}

describe("OAuth configuration of the authorization server", () => {
  it("needs nothing in development", () => {
    const config = read({})
    expect(config).toMatchObject({
      issuer: "http://localhost:3001",
      resources: ["http://localhost:3232/mcp"],
      accessTokenTtlSeconds: 604_800,
      refreshTokenTtlSeconds: 604_800,
      redis: undefined,
    })
    expect(config.clientsFile.resourceServers).toMatchObject([{ clientId: "mcp", resources: config.resources }])
    const [one, two] = [read({}), read({})].map(({ clientsFile }) => clientsFile.resourceServers[0]?.secretHash)
    expect(one).not.toBe(two)
  })

  it("M2 keeps the issuer as it was written", () => {
    for (const BASE_URI of ["https://auth.example.com", "https://auth.example.com/", "https://Auth.example.com/t1/"])
      expect(read({ BASE_URI }).issuer).toBe(BASE_URI)
  })

  it("brings resources to their one form", () => {
    const RESOURCES = "HTTPS://Mcp.example.com:443/mcp, https://b.example.com"
    expect(read({ RESOURCES }).resources).toEqual(["https://mcp.example.com/mcp", "https://b.example.com"])
  })

  it("refuses a plain http issuer that is not loopback, unless the risk is accepted", () => {
    const BASE_URI = "http://auth.example.com"
    expect(() => read({ BASE_URI })).toThrow("ALLOW_HTTP_ISSUER")
    expect(read({ BASE_URI, ALLOW_HTTP_ISSUER: "true" }).issuer).toBe(BASE_URI)
  })

  it("refuses in production what development makes up, naming every missing thing at once", () => {
    expect(read(production).issuer).toBe("https://auth.example.com")
    expect(() => read({ NODE_ENV: "production" })).toThrow(
      /BASE_URI is needed[\s\S]*RESOURCES is needed[\s\S]*SIGNING_KEYS_FILE is needed[\s\S]*IDENTITY=demo/,
    )
    expect(() => read({ ...production, ALLOW_DEMO_IDENTITY: "false" })).toThrow("ALLOW_DEMO_IDENTITY")
  })

  it("makes up no resource server in production", () => {
    expect(read(production).clientsFile.resourceServers).toEqual([])
  })

  it("says of each setting what it is", () => {
    for (const [name, setting] of Object.entries(authSettings)) expect(setting.meaning, name).toMatch(/\w{3}/)
  })
})

describe("OAuth CLIENTS_FILE", () => {
  it("makes clients and resource servers, with secrets as hashes", () => {
    const { clients, resourceServers } = clientsIn({
      clients: [
        { client_id: "nightly", client_secret: secret, grant_types: ["client_credentials"], scope: "mcp:tools" },
        { client_id: "web", client_secret: secret, redirect_uris: ["https://app.example.com/cb"] },
      ],
      resource_servers: [{ client_id: "mcp", client_secret: secret, resources: ["https://MCP.example.com/mcp"] }],
    })
    expect(clients).toMatchObject([
      { clientId: "nightly", authMethod: "client_secret_basic", scopes: ["mcp:tools"], source: "pre-registered" },
      { clientId: "web", grantTypes: ["authorization_code", "refresh_token"] },
    ])
    expect(resourceServers).toMatchObject([{ clientId: "mcp", resources: ["https://mcp.example.com/mcp"] }])
    expect(JSON.stringify({ clients, resourceServers })).not.toContain(secret)
  })

  it("takes keys instead of a secret", () => {
    const jwks = { keys: [{ ...jwk.publicKey.export({ format: "jwk" }), kid: "k" }] }
    const { clients } = clientsIn({ clients: [{ client_id: "a", jwks, grant_types: ["client_credentials"] }] })
    expect(clients[0]?.authMethod).toBe("private_key_jwt")
  })

  it.each<[string, unknown]>([
    ["is not JSON", "{"],
    ["clients.0.client_secret: has at least 32", { clients: [{ client_id: "a", client_secret: "short" }] }],
    [
      "Unrecognized key",
      { clients: [{ client_id: "a", client_secret: secret, redirect_uri: "https://a.example.com" }] },
    ],
    ["Unrecognized key", { resourceServers: [] }],
    ["authorization_code needs redirect_uris", { clients: [{ client_id: "a", client_secret: secret }] }],
    [
      "client_credentials needs a client that can authenticate",
      { clients: [{ client_id: "a", token_endpoint_auth_method: "none", grant_types: ["client_credentials"] }] },
    ],
    ["client_secret_basic needs client_secret", { clients: [{ client_id: "a", grant_types: ["client_credentials"] }] }],
    [
      "without a fragment",
      { resource_servers: [{ client_id: "a", client_secret: secret, resources: ["https://a.example.com/#x"] }] },
    ],
    [
      "redirect_uris.0: a redirect URI must not have a fragment",
      { clients: [{ client_id: "a", client_secret: secret, redirect_uris: ["https://a.example.com/cb#"] }] },
    ],
    [
      "clients.0.scope: known are",
      { clients: [{ client_id: "a", client_secret: secret, grant_types: ["client_credentials"], scope: "admin" }] },
    ],
    [
      "client_id a is there twice",
      {
        clients: [{ client_id: "a", client_secret: secret, grant_types: ["client_credentials"] }],
        resource_servers: [{ client_id: "a", client_secret: secret, resources: ["https://a.example.com"] }],
      },
    ],
  ])("says what is wrong with it: %s", (sentence, content) => {
    expect(() => clientsIn(content)).toThrow(sentence)
    expect(() => clientsIn(content)).toThrow(/^CLIENTS_FILE \/.*clients\.json: /)
    expect(() => clientsIn(content)).not.toThrow(secret)
  })
})
