/** The whole journey of a client, in both modes, in memory and on Redis, over real sockets between real processes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Browser } from "./browser.ts"
import { clients } from "./clients.ts"
import { inspect } from "./inspector.ts"
import { MemoryOAuthProvider, type Tokens } from "./oauth-provider.ts"
import { type Topology, topologies } from "./topologies.ts"

interface Metadata {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
  registration_endpoint: string
  revocation_endpoint: string
}

const json = async <T>(response: Response): Promise<T> => (await response.json()) as T
const form = (fields: Record<string, string>) => ({ method: "POST", body: new URLSearchParams(fields) })

// RFC 7636 appendix B.
const CODE_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
const CODE_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

describe.each(topologies)("OAuth journey, $name", ({ start, external, redis }) => {
  let topology: Topology
  let metadata: Metadata

  beforeAll(async () => {
    topology = await start()
    metadata = await json(await fetch(`${topology.issuer}/.well-known/oauth-authorization-server`))
  })
  afterAll(() => topology?.stop())

  /** A modern request with a token; the status is what the resource server thinks of it. */
  async function statusWith(accessToken?: string): Promise<Response> {
    return fetch(topology.mcpUrl, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...(accessToken && { authorization: `Bearer ${accessToken}` }),
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "probe", version: "1" } },
      }),
    })
  }

  /** Until the revocation has arrived: at once in one process, within the feed's latency on Redis, within the cache time otherwise. */
  async function expectRefused(accessToken: string): Promise<void> {
    const bound = external ? (redis ? 2_000 : 70_000) : 0
    const deadline = Date.now() + bound
    let status = (await statusWith(accessToken)).status
    while (status !== 401 && Date.now() < deadline) {
      await new Promise((later) => setTimeout(later, redis ? 10 : 500))
      status = (await statusWith(accessToken)).status
    }
    expect(status).toBe(401)
  }

  async function signedIn(user: string): Promise<{ clientId: string; tokens: Tokens }> {
    const provider = new MemoryOAuthProvider("By hand")
    const registered = await json<{ client_id: string }>(
      await fetch(metadata.registration_endpoint, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(provider.clientMetadata),
      }),
    )
    const url = new URL(metadata.authorization_endpoint)
    url.search = new URLSearchParams({
      response_type: "code",
      client_id: registered.client_id,
      redirect_uri: provider.redirectUrl,
      code_challenge: CODE_CHALLENGE,
      code_challenge_method: "S256",
      state: "xyz789",
      resource: topology.mcpUrl,
    }).toString()
    const callback = await new Browser().authorize(url, user)
    expect(callback.searchParams.get("state")).toBe("xyz789")
    expect(callback.searchParams.get("iss")).toBe(metadata.issuer)
    const tokens = await json<Tokens>(
      await fetch(
        metadata.token_endpoint,
        form({
          grant_type: "authorization_code",
          client_id: registered.client_id,
          code: callback.searchParams.get("code") ?? "",
          redirect_uri: provider.redirectUrl,
          code_verifier: CODE_VERIFIER,
        }),
      ),
    )
    return { clientId: registered.client_id, tokens }
  }

  const refresh = (clientId: string, refreshToken: string) =>
    fetch(
      metadata.token_endpoint,
      form({ grant_type: "refresh_token", client_id: clientId, refresh_token: refreshToken }),
    )

  it("is found from a 401: challenge, protected resource metadata, authorization server metadata", async () => {
    const refused = await statusWith()
    expect(refused.status).toBe(401)
    const challenge = refused.headers.get("www-authenticate") ?? ""
    expect(challenge).not.toContain("error=")
    const metadataUrl = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? ""
    const resource = await json<{ resource: string; authorization_servers: string[] }>(await fetch(metadataUrl))
    expect(resource).toMatchObject({ resource: topology.mcpUrl, authorization_servers: [topology.issuer] })
    expect(metadata.issuer).toBe(topology.issuer)
  })

  it.each(clients)("serves tools, resources and prompts to $name", async ({ connect }) => {
    const client = await connect(topology.mcpUrl, "alice")
    expect(await client.listTools()).toEqual(expect.arrayContaining(["echo", "add", "whoami"]))
    expect(await client.callTool("echo", { message: "hello" })).toContain("hello")
    expect(await client.callTool("whoami", {})).toContain("alice")
    const [resource = ""] = await client.listResources()
    expect(await client.readResource(resource)).not.toBe("")
    const [prompt = ""] = await client.listPrompts()
    expect(await client.getPrompt(prompt)).not.toBe("")
    await client.close()
  })

  it("serves the MCP Inspector, headless, through its own authorization", async () => {
    const whoami = await inspect(topology.mcpUrl, ["--method", "tools/call", "--tool-name", "whoami"], "inspector-user")
    expect(whoami).toContain("inspector-user")
  }, 60_000)

  it("refreshes; a replay of the old refresh token after its successor was used ends the grant", async () => {
    const { clientId, tokens } = await signedIn("bob")
    expect((await statusWith(tokens.access_token)).status).toBe(200)
    const second = await json<Tokens>(await refresh(clientId, tokens.refresh_token ?? ""))
    expect((await statusWith(second.access_token)).status).toBe(200)
    const third = await json<Tokens>(await refresh(clientId, second.refresh_token ?? ""))
    expect(third.refresh_token).not.toBe(second.refresh_token)
    const replayed = await refresh(clientId, tokens.refresh_token ?? "")
    expect(replayed.status).toBe(400)
    expect(await replayed.json()).toMatchObject({ error: "invalid_grant" })
    expect((await refresh(clientId, third.refresh_token ?? "")).status).toBe(400)
    // Never shown to the MCP service before, so no cache knows it.
    expect((await statusWith(third.access_token)).status).toBe(401)
    await expectRefused(second.access_token)
  }, 90_000)

  it("refuses a revoked access token", async () => {
    const { clientId, tokens } = await signedIn("carol")
    expect((await statusWith(tokens.access_token)).status).toBe(200)
    const revoked = await fetch(
      metadata.revocation_endpoint,
      form({ client_id: clientId, token: tokens.refresh_token ?? "" }),
    )
    expect(revoked.status).toBe(200)
    await expectRefused(tokens.access_token)
  }, 90_000)
})
