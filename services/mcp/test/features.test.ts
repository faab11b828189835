/** Every tool, resource and prompt, called by every generation of clients. */
import { describe, expect, it } from "vitest"
import { clients } from "./clients.ts"
import { startService } from "./service.ts"

const textOf = (result: { content: { text?: string }[] }) => result.content.map(({ text }) => text ?? "").join("\n")

const toolNames = [
  ...["echo", "add", "whoami", "longRunningOperation", "sampleLLM", "elicitInputs"],
  ...["getTinyImage", "annotatedMessage", "getResourceReference", "echoFromRegion"],
]

describe.each(clients)("MCP features behind OAuth, $name", ({ connect }) => {
  async function connected(claims?: Record<string, unknown>) {
    const service = await startService()
    return { service, client: await connect(service.url, service.token(claims)) }
  }

  it("lists every tool with its schema", async () => {
    const { client } = await connected()
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(toolNames)
    expect(tools.find(({ name }) => name === "echoFromRegion")?.inputSchema).toMatchObject({
      properties: { region: { "x-mcp-header": "Region" } },
    })
  })

  it("echo sends a message back", async () => {
    const { client } = await connected()
    expect(textOf(await client.callTool({ name: "echo", arguments: { message: "hello" } }))).toBe("Echo: hello")
  })

  it("add answers with structured content", async () => {
    const { client } = await connected()
    const result = await client.callTool({ name: "add", arguments: { a: 2, b: 40 } })
    expect(result.structuredContent).toEqual({ sum: 42 })
    expect(textOf(result)).toContain("42")
  })

  it("whoami tells a user, and the client that user came through", async () => {
    const { client } = await connected({ scope: "mcp:tools mcp:prompts" })
    const { structuredContent } = await client.callTool({ name: "whoami" })
    expect(structuredContent).toEqual({
      kind: "user",
      subject: "demo|alice",
      issuer: "https://auth.test",
      clientId: "client-1",
      scopes: ["mcp:tools", "mcp:prompts"],
    })
  })

  it.each([{ sub: "client|nightly" }, { sub: "nightly", client_id: "nightly" }])(
    "whoami tells a client that acts for itself: %o",
    async (claims) => {
      const { client } = await connected(claims)
      expect((await client.callTool({ name: "whoami" })).structuredContent).toMatchObject({ kind: "client" })
    },
  )

  it("longRunningOperation reports progress", async () => {
    const { client } = await connected()
    const heard: number[] = []
    const onprogress = ({ progress }: { progress: number }) => heard.push(progress)
    const request = { name: "longRunningOperation", arguments: { duration: 0.05, steps: 4 } }
    const result = await client.callTool(request, { onprogress })
    expect(textOf(result)).toContain("4 steps")
    expect(heard).toEqual([1, 2, 3, 4])
  })

  it("sampleLLM asks the client's model", async () => {
    const { client } = await connected()
    const result = await client.callTool({ name: "sampleLLM", arguments: { prompt: "2 + 2?" } })
    expect(textOf(result)).toContain("four")
  })

  it("elicitInputs asks the person for a form", async () => {
    const { client } = await connected()
    const result = await client.callTool({ name: "elicitInputs" })
    expect(textOf(result)).toContain('{"name":"Alice","age":7}')
  })

  it("getTinyImage gives an image between texts", async () => {
    const { client } = await connected()
    const { content } = await client.callTool({ name: "getTinyImage" })
    expect(content.map(({ type }: { type: string }) => type)).toEqual(["text", "image", "text"])
    expect(Buffer.from(content[1].data, "base64").subarray(1, 4).toString()).toBe("PNG")
  })

  it("annotatedMessage says for whom it is", async () => {
    const { client } = await connected()
    const { content } = await client.callTool({
      name: "annotatedMessage",
      arguments: { messageType: "error", includeImage: true },
    })
    expect(content[0].annotations).toEqual({ priority: 1, audience: ["user", "assistant"] })
    expect(content[1]).toMatchObject({ type: "image", annotations: { audience: ["user"] } })
  })

  it("getResourceReference embeds a resource", async () => {
    const { client } = await connected()
    const { content } = await client.callTool({ name: "getResourceReference", arguments: { resourceId: 3 } })
    expect(content[1].resource).toMatchObject({ uri: "demo://resource/3", text: "This is resource 3." })
  })

  it("echoFromRegion takes its region in the body, and in the header where the era has one", async () => {
    const { client } = await connected()
    await client.listTools() // newer clients learn from the schema which header to send
    const result = await client.callTool({ name: "echoFromRegion", arguments: { region: "eu", message: "hi" } })
    expect(textOf(result)).toBe("Echo from eu: hi")
  })

  it("answers an unknown tool with -32602, and bad arguments with a tool error", async () => {
    const { client } = await connected()
    await expect(client.callTool({ name: "nope" })).rejects.toMatchObject({ code: -32602 })
    const result = await client.callTool({ name: "add", arguments: { a: "two" } })
    expect(result.isError).toBe(true)
  })

  it("pages through 100 resources and the clock, each listed once", async () => {
    const { client } = await connected()
    const uris: string[] = []
    let cursor: string | undefined
    do {
      const page = await client.listResources(cursor === undefined ? {} : { cursor })
      uris.push(...page.resources.map(({ uri }: { uri: string }) => uri))
      cursor = page.nextCursor
    } while (cursor !== undefined)
    expect(new Set(uris).size).toBe(101)
    expect(uris).toHaveLength(101)
    expect(uris).toEqual(expect.arrayContaining(["demo://resource/1", "demo://resource/100", "demo://clock"]))
  })

  it("refuses a cursor it never gave with -32602", async () => {
    const { client } = await connected()
    await expect(client.listResources({ cursor: "from:7" })).rejects.toMatchObject({ code: -32602 })
  })

  it("reads text, bytes and the clock; lists the template", async () => {
    const { client, service } = await connected()
    const contentsOf = async (uri: string) => (await client.readResource({ uri })).contents[0]
    expect(await contentsOf("demo://resource/1")).toMatchObject({ text: "This is resource 1." })
    const { blob } = await contentsOf("demo://resource/2")
    expect(Buffer.from(blob, "base64").toString()).toBe("This is resource 2.")
    expect((await contentsOf("demo://clock")).text).toBe(new Date(service.clock.now() * 1000).toISOString())
    const { resourceTemplates } = await client.listResourceTemplates()
    expect(resourceTemplates).toMatchObject([{ uriTemplate: "demo://resource/{id}" }])
  })

  it.each(["demo://resource/101", "demo://resource/0", "demo://resource/01", "demo://nowhere", "no uri"])(
    "answers -32602 to the unknown resource %s",
    async (uri) => {
      const { client } = await connected()
      await expect(client.readResource({ uri })).rejects.toMatchObject({ code: -32602 })
    },
  )

  it("gives every prompt", async () => {
    const { client } = await connected()
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }: { name: string }) => name)).toEqual([
      "simplePrompt",
      "argumentsPrompt",
      "resourcePrompt",
    ])
    const textsOf = async (name: string, args?: Record<string, string>) =>
      (await client.getPrompt({ name, ...(args && { arguments: args }) })).messages.map(
        ({ content }: { content: { text?: string; resource?: { text: string } } }) =>
          content.text ?? content.resource?.text,
      )
    expect(await textsOf("simplePrompt")).toEqual(["Explain OAuth 2.1 in three sentences."])
    expect(await textsOf("argumentsPrompt", { city: "Lima" })).toEqual(["What is the weather in Lima, in celsius?"])
    expect(await textsOf("resourcePrompt", { resourceId: "5" })).toEqual([
      "Summarize resource 5.",
      "This is resource 5.",
    ])
  })

  it("answers -32602 to an unknown prompt, a missing argument and a wrong one", async () => {
    const { client } = await connected()
    await expect(client.getPrompt({ name: "nope" })).rejects.toMatchObject({ code: -32602 })
    await expect(client.getPrompt({ name: "argumentsPrompt" })).rejects.toMatchObject({ code: -32602 })
    const wrong = { name: "resourcePrompt", arguments: { resourceId: "101" } }
    await expect(client.getPrompt(wrong)).rejects.toMatchObject({ code: -32602 })
  })

  it("completes arguments of prompts and variables of templates", async () => {
    const { client } = await connected()
    const completed = async (ref: object, argument: object) =>
      (await client.complete({ ref, argument })).completion.values
    const prompt = { type: "ref/prompt", name: "argumentsPrompt" }
    expect(await completed(prompt, { name: "city", value: "li" })).toEqual(["Lima", "Lisbon"])
    expect(await completed(prompt, { name: "unit", value: "f" })).toEqual(["fahrenheit"])
    const template = { type: "ref/resource", uri: "demo://resource/{id}" }
    expect(await completed(template, { name: "id", value: "99" })).toEqual(["99"])
  })
})
