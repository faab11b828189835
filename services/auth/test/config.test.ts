/** The environment of the authorization server: what development makes up, and what is refused at start. */
import { generateKeyPairSync } from "node:crypto"
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type AuthConfig, authConfigFrom, authSettings, readAuthSettings } from "../src/config.ts"
import { hashOf } from "../src/domain/hash.ts"

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

  it("takes one resource server of all resources from the environment, in production and beside CLIENTS_FILE", () => {
    const named = { INTROSPECTION_CLIENT_SECRET: secret }
    const RESOURCES = "https://mcp.example.com/mcp,https://b.example.com"
    const resources = ["https://mcp.example.com/mcp", "https://b.example.com"]
    const secretHash = hashOf(secret)
    const [alone] = read({ ...production, ...named, RESOURCES }).clientsFile.resourceServers
    expect(alone).toEqual({ clientId: "mcp", secretHash, resources })
    const CLIENTS_FILE = fileOf("beside.json", {
      clients: [{ client_id: "nightly", client_secret: secret, grant_types: ["client_credentials"] }],
      resource_servers: [{ client_id: "other", client_secret: secret, resources: ["https://other.example.com"] }],
    })
    for (const env of [{ ...production, ...named }, named]) {
      const { clients, resourceServers } = read({ ...env, INTROSPECTION_CLIENT_ID: "rs", CLIENTS_FILE }).clientsFile
      expect(clients.map(({ clientId }) => clientId)).toEqual(["nightly"])
      expect(resourceServers.map(({ clientId }) => clientId)).toEqual(["other", "rs"])
    }
    expect(read({ CLIENTS_FILE }).clientsFile.resourceServers).toHaveLength(1) // nothing is made up beside a file
    for (const INTROSPECTION_CLIENT_ID of ["nightly", "other"])
      expect(() => read({ ...named, INTROSPECTION_CLIENT_ID, CLIENTS_FILE })).toThrow(
        "INTROSPECTION_CLIENT_ID is in CLIENTS_FILE too",
      )
  })

  it("takes no secret in production that could be guessed, and shows none", () => {
    const INTROSPECTION_CLIENT_SECRET = "guess-me"
    expect(() => read({ ...production, INTROSPECTION_CLIENT_SECRET })).toThrow(/at least 32 random characters/)
    expect(() => read({ ...production, INTROSPECTION_CLIENT_SECRET })).not.toThrow("guess-me")
    expect(read({ INTROSPECTION_CLIENT_SECRET }).clientsFile.resourceServers[0]?.secretHash).toBe(hashOf("guess-me"))
  })

  it("reads keys and clients through the links of a mounted Secret", () => {
    const version = join(directory, "..2026_11_25")
    mkdirSync(version)
    writeFileSync(join(version, "signing-keys.json"), readFileSync(signingKeys))
    writeFileSync(join(version, "clients.json"), JSON.stringify({ clients: [] }))
    symlinkSync("..2026_11_25", join(directory, "..data"))
    for (const name of ["signing-keys.json", "clients.json"])
      symlinkSync(join("..data", name), join(directory, `mounted-${name}`))
    const config = read({
      ...production,
      SIGNING_KEYS_FILE: join(directory, "mounted-signing-keys.json"),
      CLIENTS_FILE: join(directory, "mounted-clients.json"),
    })
    expect(config.signingKeys?.jwks.keys).toHaveLength(1)
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
      "resource_servers.0 has the client_id of clients.0",
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
