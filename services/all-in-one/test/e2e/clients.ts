/** MCP clients as they are in the field: the SDK's second generation in both eras, and its first. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { Browser } from "./browser.ts"
import { MemoryOAuthProvider } from "./oauth-provider.ts"

interface ConnectedClient {
  provider: MemoryOAuthProvider
  listTools(): Promise<string[]>
  callTool(name: string, args: Record<string, unknown>): Promise<string>
  listResources(): Promise<string[]>
  readResource(uri: string): Promise<string>
  listPrompts(): Promise<string[]>
  getPrompt(name: string, args?: Record<string, string>): Promise<string>
  close(): Promise<void>
}

const textOf = (content: unknown): string => (content as { text?: string }[]).map(({ text }) => text ?? "").join("\n")

/** What both generations of the SDK's client offer, as this suite uses it. */
interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(request: { name: string; arguments: Record<string, unknown> }): Promise<Record<string, unknown>>
  listResources(): Promise<{ resources: { uri: string }[] }>
  readResource(request: { uri: string }): Promise<{ contents: unknown[] }>
  listPrompts(): Promise<{ prompts: { name: string }[] }>
  getPrompt(request: { name: string; arguments: Record<string, string> }): Promise<{ messages: { content: unknown }[] }>
  close(): Promise<void>
}

const connected = (client: AnyClient, provider: MemoryOAuthProvider): ConnectedClient => ({
  provider,
  listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
  callTool: async (name, args) => textOf((await client.callTool({ name, arguments: args }))["content"]),
  listResources: async () => (await client.listResources()).resources.map(({ uri }) => uri),
  readResource: async (uri) => textOf((await client.readResource({ uri })).contents),
  listPrompts: async () => (await client.listPrompts()).prompts.map(({ name }) => name),
  getPrompt: async (name, args = {}) =>
    textOf((await client.getPrompt({ name, arguments: args })).messages.map(({ content }) => content)),
  close: () => client.close(),
})

/** Connects, is refused, goes through the whole authorization as `user`, and connects. */
type Connect = (mcpUrl: string, user: string) => Promise<ConnectedClient>

const connectV2 =
  (versionNegotiation: { mode: { pin: string } } | undefined): Connect =>
  async (mcpUrl, user) => {
    const provider = new MemoryOAuthProvider("SDK v2 client")
    const options = versionNegotiation ? { versionNegotiation } : {}
    const open = async () => {
      const transport = new StreamableHTTPClientTransport(new URL(mcpUrl), { authProvider: provider })
      const client = new Client({ name: "e2e", version: "1.0.0" }, options as ConstructorParameters<typeof Client>[1])
      return { client, transport }
    }
    const first = await open()
    await first.client.connect(first.transport).then(
      () => Promise.reject(new Error("connected without a token")),
      () => undefined,
    )
    if (!provider.authorizationUrl) throw new Error("the client was not sent to the authorization server")
    const callback = await new Browser().authorize(provider.authorizationUrl, user)
    await first.transport.finishAuth(callback.searchParams)
    const second = await open()
    await second.client.connect(second.transport)
    return connected(second.client as unknown as AnyClient, provider)
  }

const connectV1: Connect = async (mcpUrl, user) => {
  const provider = new MemoryOAuthProvider("SDK v1 client")
  const open = () => ({
    client: new ClientV1({ name: "e2e", version: "1.0.0" }),
    transport: new TransportV1(new URL(mcpUrl), { authProvider: provider }),
  })
  const first = open()
  await first.client.connect(first.transport as Parameters<ClientV1["connect"]>[0]).then(
    () => Promise.reject(new Error("connected without a token")),
    () => undefined,
  )
  if (!provider.authorizationUrl) throw new Error("the client was not sent to the authorization server")
  const callback = await new Browser().authorize(provider.authorizationUrl, user)
  await first.transport.finishAuth(callback.searchParams.get("code") ?? "")
  const second = open()
  await second.client.connect(second.transport as Parameters<ClientV1["connect"]>[0])
  return connected(second.client as unknown as AnyClient, provider)
}

export const clients: { name: string; connect: Connect }[] = [
  { name: "SDK v2, 2026-07-28", connect: connectV2({ mode: { pin: "2026-07-28" } }) },
  { name: "SDK v2, 2025-11-25", connect: connectV2(undefined) },
  { name: "SDK v1 1.32", connect: connectV1 },
]
