/** Section K of the refusals, the rows on scope: which operation needs what, decided on the body. */
import { describe, expect, it } from "vitest"
import { openSession, rpcOf, type Sent, sendLegacy, sendModern } from "./messages.ts"
import { type ServiceOptions, startService } from "./service.ts"

const call = (name: string): Sent => ({ method: "tools/call", params: { name, arguments: {} } })
const listen = (notifications: object): Sent => ({ method: "subscriptions/listen", params: { notifications } })
const complete = (ref: object): Sent => ({
  method: "completion/complete",
  params: { ref, argument: { name: "city", value: "" } },
})

/** Operation, a token that does not suffice, and the scopes of the challenge. */
const refused: [string, Sent, string, string][] = [
  ["tools/list", { method: "tools/list" }, "mcp:prompts", "mcp:tools"],
  ["tools/call", call("echo"), "mcp:resources mcp:prompts", "mcp:tools"],
  ["a tool that shows a resource", call("getResourceReference"), "mcp:tools", "mcp:tools mcp:resources"],
  ["an unknown tool", call("constructor"), "mcp:prompts", "mcp:tools"],
  ["resources/list", { method: "resources/list" }, "mcp:tools", "mcp:resources"],
  ["resources/templates/list", { method: "resources/templates/list" }, "mcp:tools", "mcp:resources"],
  ["resources/read", { method: "resources/read", params: { uri: "demo://clock" } }, "mcp:tools", "mcp:resources"],
  ["prompts/list", { method: "prompts/list" }, "mcp:tools", "mcp:prompts"],
  ["prompts/get", { method: "prompts/get", params: { name: "simplePrompt" } }, "mcp:tools", "mcp:prompts"],
  [
    "a prompt that shows a resource",
    { method: "prompts/get", params: { name: "resourcePrompt", arguments: { resourceId: "1" } } },
    "mcp:prompts",
    "mcp:prompts mcp:resources",
  ],
  ["completion of a prompt", complete({ type: "ref/prompt", name: "argumentsPrompt" }), "mcp:tools", "mcp:prompts"],
  [
    "completion of a resource",
    complete({ type: "ref/resource", uri: "demo://resource/{id}" }),
    "mcp:tools",
    "mcp:resources",
  ],
]

const refusedInModern: typeof refused = [
  ["listening to tools", listen({ toolsListChanged: true }), "mcp:prompts", "mcp:tools"],
  ["listening to prompts", listen({ promptsListChanged: true }), "mcp:tools", "mcp:prompts"],
  ["listening to resources", listen({ resourcesListChanged: true }), "mcp:tools", "mcp:resources"],
  ["listening to a resource", listen({ resourceSubscriptions: ["demo://clock"] }), "mcp:tools", "mcp:resources"],
  [
    "listening to all of them",
    listen({ toolsListChanged: true, promptsListChanged: true, resourceSubscriptions: ["demo://clock"] }),
    "mcp:tools",
    "mcp:tools mcp:prompts mcp:resources",
  ],
]

const refusedInLegacy: typeof refused = [
  [
    "resources/subscribe",
    { method: "resources/subscribe", params: { uri: "demo://clock" } },
    "mcp:tools",
    "mcp:resources",
  ],
]

const eras = [
  { era: "2026-07-28", cases: [...refused, ...refusedInModern], modern: true },
  { era: "2025-11-25", cases: [...refused, ...refusedInLegacy], modern: false },
]

describe.each(eras)("OAuth scopes, $era", ({ cases, modern }) => {
  async function started(scope: string, options: ServiceOptions = {}) {
    const service = await startService(options)
    const token = service.token({ scope })
    const session = modern ? undefined : await openSession(service.url, token)
    const send = (sent: Sent) =>
      modern
        ? sendModern(service.url, { token, ...sent })
        : sendLegacy(service.url, { token, ...sent, headers: { "mcp-session-id": session ?? "" } })
    return { service, send }
  }

  it.each(cases)("S1 answers 403 with every scope needed to %s", async (_what, sent, held, needed) => {
    const { service, send } = await started(held)
    const answer = await send(sent)
    expect(answer.status).toBe(403)
    const challenge = answer.headers.get("www-authenticate")
    expect(challenge).toContain('Bearer error="insufficient_scope"')
    expect(challenge).toContain(`scope="${needed}"`)
    expect(challenge).toContain(`resource_metadata="${service.origin}/.well-known/oauth-protected-resource/mcp"`)
    expect(await answer.json()).toMatchObject({ error: "insufficient_scope" })
  })

  it.each(cases)("S5 lets mcp %s: it implies every scope under it", async (_what, sent) => {
    const { send } = await started("mcp")
    const answer = await send(sent)
    expect(answer.status).toBe(200)
    await answer.body?.cancel()
  })

  it("S5 lets the exact scopes do what they are for", async () => {
    const { send } = await started("mcp:tools mcp:resources")
    expect((await send(call("getResourceReference"))).status).toBe(200)
  })

  it("S6 refuses a tool that an operator has tightened when it is called, whatever the list shows", async () => {
    const toolScopes = new Map([["add", ["mcp:admin", "payroll"]]])
    const { send } = await started("mcp:tools", { config: { toolScopes } })
    const { result } = await rpcOf(await send({ method: "tools/list" }))
    expect(JSON.stringify(result)).toContain('"name":"add"')
    const answer = await send(call("add"))
    expect(answer.status).toBe(403)
    expect(answer.headers.get("www-authenticate")).toContain('scope="mcp:tools mcp:admin payroll"')
    expect((await send(call("echo"))).status).toBe(200)
  })
})

describe("OAuth scopes, what decides", () => {
  it("N3 decides on the body, and refuses headers that say otherwise", async () => {
    const service = await startService()
    const token = service.token({ scope: "mcp:prompts" })
    const lying = { "mcp-method": "prompts/list" }
    const answer = await sendModern(service.url, { token, ...call("echo"), headers: lying })
    expect(answer.status).toBe(403)
  })

  it("takes the last of two members with one name, as the server that runs it does", async () => {
    const service = await startService()
    const token = service.token({ scope: "mcp:prompts" })
    const body = '{"jsonrpc":"2.0","id":1,"method":"prompts/list","method":"tools/list"}'
    expect((await sendLegacy(service.url, { token, body })).status).toBe(403)
  })

  it("offers an operator's scopes in the metadata", async () => {
    const { origin } = await startService({ config: { toolScopes: new Map([["add", ["mcp:admin", "mcp"]]]) } })
    const answer = await fetch(`${origin}/.well-known/oauth-protected-resource`)
    expect(await answer.json()).toMatchObject({
      scopes_supported: ["mcp", "mcp:tools", "mcp:resources", "mcp:prompts", "mcp:admin"],
    })
  })
})
