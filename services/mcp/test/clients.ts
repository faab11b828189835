/** MCP clients as they are in the field: the SDK's second generation in both eras, and its first. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { CreateMessageRequestSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js"
import { onTestFinished } from "vitest"

const formAnswer = { action: "accept" as const, content: { name: "Alice", age: 7 } }
const modelAnswer = {
  model: "test-model",
  role: "assistant" as const,
  content: { type: "text" as const, text: "four" },
}
const capabilities = { elicitation: { form: {} }, sampling: {} }

/** What all three offer, as these tests use it. */
export interface AnyClient {
  listTools(): Promise<{ tools: { name: string; inputSchema: unknown }[] }>
  // biome-ignore lint/suspicious/noExplicitAny: the three generations' options differ
  callTool(request: { name: string; arguments?: Record<string, unknown> }, options?: any): Promise<any>
  // biome-ignore lint/suspicious/noExplicitAny: results differ likewise
  listResources(params?: { cursor?: string }, options?: any): Promise<any>
  // biome-ignore lint/suspicious/noExplicitAny: results differ likewise
  listResourceTemplates(): Promise<any>
  // biome-ignore lint/suspicious/noExplicitAny: results differ likewise
  readResource(request: { uri: string }): Promise<any>
  // biome-ignore lint/suspicious/noExplicitAny: results differ likewise
  listPrompts(): Promise<any>
  // biome-ignore lint/suspicious/noExplicitAny: results differ likewise
  getPrompt(request: { name: string; arguments?: Record<string, string> }): Promise<any>
  // biome-ignore lint/suspicious/noExplicitAny: results differ likewise
  complete(request: any): Promise<any>
  close(): Promise<void>
}

const authorized = (token: string) => ({ requestInit: { headers: { authorization: `Bearer ${token}` } } })

async function connectV2(url: string, token: string, pin?: string): Promise<Client> {
  const client = new Client(
    { name: "v2", version: "1.0.0" },
    { capabilities, ...(pin !== undefined && { versionNegotiation: { mode: { pin } } }) },
  )
  client.setRequestHandler("elicitation/create", async () => formAnswer)
  client.setRequestHandler("sampling/createMessage", async () => modelAnswer)
  await client.connect(new StreamableHTTPClientTransport(new URL(url), authorized(token)))
  return client
}

async function connectV1(url: string, token: string) {
  const client = new ClientV1({ name: "v1", version: "1.0.0" }, { capabilities })
  client.setRequestHandler(ElicitRequestSchema, async () => formAnswer)
  client.setRequestHandler(CreateMessageRequestSchema, async () => modelAnswer)
  const transport = new TransportV1(new URL(url), authorized(token))
  await client.connect(transport as Parameters<ClientV1["connect"]>[0])
  // Its callTool takes a result schema before the options.
  const callTool = client.callTool.bind(client)
  const request = (request: { name: string }, options?: object) => callTool(request, undefined, options)
  return Object.assign(client, { callTool: request })
}

const closedAfterTest = async (connecting: Promise<{ close(): Promise<void> }>): Promise<AnyClient> => {
  const client = await connecting
  onTestFinished(() => client.close())
  return client as unknown as AnyClient
}

export const connectModern = (url: string, token: string) => closedAfterTest(connectV2(url, token, "2026-07-28"))
const connectLegacy = (url: string, token: string) => closedAfterTest(connectV2(url, token))

export const clients = [
  { name: "SDK v2, 2026-07-28", era: "modern", connect: connectModern },
  { name: "SDK v2, 2025-11-25", era: "legacy", connect: connectLegacy },
  {
    name: "SDK v1 1.32",
    era: "legacy",
    connect: (url: string, token: string) => closedAfterTest(connectV1(url, token)),
  },
]
