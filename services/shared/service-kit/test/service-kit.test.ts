import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { Agent, get as httpGet, type IncomingMessage } from "node:http"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import { sendRaw } from "@gatehouse/test-kit"
import { afterEach, describe, expect, it } from "vitest"
import { createApp, startServiceKit } from "../src/index.ts"
import { requestText, statusOf } from "./request-text.ts"

const fixture = fileURLToPath(new URL("./fixture-service.ts", import.meta.url))
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL")
})

function spawnFixture(argument: object) {
  const child = spawn(process.execPath, ["--conditions=source", fixture, JSON.stringify(argument)], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  children.push(child)
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(String(chunk)))
  return { child, output: () => output.join("") }
}

/** A running fixture: its ports, and how to end it. */
async function startFixture(argument: { delay?: number; drain?: number } = {}) {
  const { child, output } = spawnFixture({ port: 0, delay: 0, ...argument })
  await expect.poll(output, { timeout: 10_000 }).toMatch(/Server listening at/)
  const port = Number(/Server listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(output())?.[1])
  const management = Number(/"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(output())?.[1])
  const end = async (signal: NodeJS.Signals = "SIGTERM") => {
    const started = Date.now()
    child.kill(signal)
    const [code] = (await once(child, "exit")) as [number | null]
    return { code, ms: Date.now() - started }
  }
  return { child, output, port, management, end }
}

/** GET over a keep-alive agent. */
async function ask(
  port: number,
  path: string,
  agent: Agent,
): Promise<{ status: number; connection: string; body: string }> {
  const request = httpGet({ host: "127.0.0.1", port, path, agent })
  const [response] = (await once(request, "response")) as [IncomingMessage]
  let body = ""
  for await (const chunk of response) body += chunk
  return { status: response.statusCode ?? 0, connection: String(response.headers.connection), body }
}

const probe = async (port: number, path: string) => statusOf(await sendRaw(port, requestText(path)))

describe("OAuth services: the end of a process", () => {
  it("ends within 2 s after a keep-alive request, by itself, with code 0", async () => {
    const { port, end, output } = await startFixture()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect(await ask(port, "/quick", agent)).toMatchObject({ status: 200, connection: "keep-alive" })
    const { code, ms } = await end()
    expect(code).toBe(0)
    expect(ms).toBeLessThan(2_000)
    expect(output().indexOf("closed last opened")).toBeGreaterThan(0)
    expect(output().indexOf("closed first opened")).toBeGreaterThan(output().indexOf("closed last opened"))
  })

  it("Z9 answers what is in flight, and says Connection: close", async () => {
    const { port, end } = await startFixture()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    await ask(port, "/quick", agent)
    const slow = ask(port, "/slow", agent)
    await new Promise((later) => setTimeout(later, 100))
    const { code, ms } = await end("SIGINT")
    expect(await slow).toEqual({ status: 200, connection: "close", body: '{"ok":"slow"}' })
    expect(code).toBe(0)
    expect(ms).toBeLessThan(2_000)
  })

  it("Z9 ends within 2 s when an answer that promised keep-alive finishes after the signal", async () => {
    const { port, end } = await startFixture()
    const half = ask(port, "/half", new Agent({ keepAlive: true, maxSockets: 1 }))
    await new Promise((later) => setTimeout(later, 200))
    const { code, ms } = await end()
    expect(await half).toEqual({ status: 200, connection: "keep-alive", body: "first second" })
    expect(code).toBe(0)
    expect(ms).toBeLessThan(2_000)
  })

  it("Z9 keeps serving for the delay, not ready and closing each connection, and loses no request under load", async () => {
    const { port, management, end } = await startFixture({ delay: 1 })
    expect(await probe(management, "/readyz")).toBe(200)
    const ending = end()
    await expect.poll(() => probe(management, "/readyz")).toBe(503)
    expect(await probe(management, "/livez")).toBe(200)
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    const started = Date.now()
    const answers: Awaited<ReturnType<typeof ask>>[] = []
    while (Date.now() - started < 600)
      answers.push(...(await Promise.all(Array.from({ length: 8 }, () => ask(port, "/quick", agent)))))
    expect(answers.length).toBeGreaterThan(50)
    expect(new Set(answers.map(({ status, connection }) => `${status} ${connection}`))).toEqual(new Set(["200 close"]))
    const { code, ms } = await ending
    expect(code).toBe(0)
    expect(ms).toBeGreaterThan(990)
    expect(ms).toBeLessThan(2_500)
  })

  it("cuts off a stream that does not end, at the deadline", async () => {
    const { port, end } = await startFixture({ drain: 0.5 })
    const stream = sendRaw(port, requestText("/never"), { timeoutMs: 10_000 })
    await new Promise((later) => setTimeout(later, 100))
    const { code, ms } = await end()
    expect(await stream).toContain("stream")
    expect(code).toBe(0)
    expect(ms).toBeGreaterThan(450)
    expect(ms).toBeLessThan(2_000)
  })

  it("ends what stands open once it accepts no more, while what is in flight is still answered", async () => {
    const kit = await startServiceKit("kit", {
      logLevel: "silent",
      managementHost: "127.0.0.1",
      managementPort: undefined,
    })
    const app = createApp()
    const order: string[] = []
    app.get("/slow", async () => {
      await new Promise((later) => setTimeout(later, 300))
      order.push("answered")
      return {}
    })
    kit.onDrain(() => order.push(`standing ended, listening: ${app.server.listening}`))
    kit.onClose(() => void order.push("closed"))
    await kit.serve(app, { host: "127.0.0.1", port: 0 })
    const address = app.server.address()
    const port = typeof address === "object" ? Number(address?.port) : 0
    const slow = ask(port, "/slow", new Agent())
    await new Promise((later) => setTimeout(later, 100))
    await kit.shutdown("test")
    expect((await slow).status).toBe(200)
    expect(order).toEqual(["standing ended, listening: false", "answered", "closed"])
  })

  it("ends at once when asked twice", async () => {
    const { child, end } = await startFixture({ delay: 30 })
    child.kill("SIGINT")
    await new Promise((later) => setTimeout(later, 200))
    expect(await end("SIGINT")).toMatchObject({ code: 1 })
  })

  it("ends in order, with code 1, after an error that nobody caught", async () => {
    const { child, port, output } = await startFixture()
    await sendRaw(port, requestText("/fault"))
    const [code] = child.exitCode === null ? await once(child, "exit") : [child.exitCode]
    expect(code).toBe(1)
    expect(output()).toContain("closed first opened")
  })

  it("says in one sentence that its port is taken, and ends with code 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1")
    await once(taken, "listening")
    const { port } = taken.address() as { port: number }
    const { child, output } = spawnFixture({ port, delay: 0 })
    const [code] = await once(child, "exit")
    taken.close()
    expect(code).toBe(1)
    expect(output()).toContain(
      `fixture cannot start:\n  port ${port} is in use by another process; choose another with PORT\n`,
    )
    expect(output()).not.toContain("    at ")
  })
})

describe("OAuth services: the management port", () => {
  async function startKit() {
    const kit = await startServiceKit("kit", {
      logLevel: "silent",
      managementHost: "127.0.0.1",
      managementPort: 0,
      version: "1.2.3",
    })
    return { kit, port: Number(new URL(kit.managementUrl ?? "").port) }
  }
  const bodyOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as Record<string, unknown>

  it("is alive before it is ready, ready when it listens, and not when it drains", async () => {
    const { kit, port } = await startKit()
    expect([await probe(port, "/livez"), await probe(port, "/readyz")]).toEqual([200, 503])
    await kit.serve(createApp(), { host: "127.0.0.1", port: 0 })
    expect([await probe(port, "/livez"), await probe(port, "/readyz")]).toEqual([200, 200])
    await kit.shutdown("test")
  })

  it("Z8 waits for what is needed once, and stays ready when it is lost again", async () => {
    const { kit, port } = await startKit()
    let down = true
    const check = () => {
      if (down) throw new Error("down")
      return {}
    }
    kit.reportHealth("keys", check, { neededOnce: true })
    await kit.serve(createApp(), { host: "127.0.0.1", port: 0 })
    const answer = await sendRaw(port, requestText("/readyz"))
    expect(bodyOf(answer)).toEqual({ status: "starting", waitingFor: ["keys"] })
    down = false
    expect(await probe(port, "/readyz")).toBe(200)
    down = true
    expect([await probe(port, "/readyz"), await probe(port, "/livez")]).toEqual([200, 200])
    await kit.shutdown("test")
  })

  it("shows each dependency with state, latency and last error, in time even when one hangs, and without secrets", async () => {
    const { kit, port } = await startKit()
    let fails = true
    kit.reportHealth("redis", () => {
      if (fails) throw Object.assign(new Error("refused"), { code: "ECONNREFUSED", command: { args: ["planted"] } })
      return { mode: "standalone" }
    })
    kit.reportHealth("hanging", () => new Promise<object>(() => {}))
    const started = Date.now()
    const first = await sendRaw(port, requestText("/health"))
    expect(Date.now() - started).toBeLessThan(1_500)
    expect(statusOf(first)).toBe(200)
    expect(first).not.toContain("planted")
    expect(bodyOf(first)).toMatchObject({
      status: "degraded",
      name: "kit",
      version: "1.2.3",
      dependencies: {
        redis: { state: "down", lastError: { code: "ECONNREFUSED", message: "refused" } },
        hanging: { state: "down" },
      },
    })
    fails = false
    expect(bodyOf(await sendRaw(port, requestText("/health")))).toMatchObject({
      dependencies: {
        redis: { state: "up", mode: "standalone", latencyMs: expect.any(Number), lastError: { message: "refused" } },
      },
    })
    await kit.shutdown("test")
  })

  it("says degraded, as JSON and as a page, of an outage within a dependency that is up; readiness does not change", async () => {
    const { kit, port } = await startKit()
    const since = Math.floor(Date.now() / 1000) - 60
    let outage: object | null = null
    kit.reportHealth("token validation", () => ({ servers: [{ issuer: "https://auth.test", outage }] }))
    kit.reportHealth("store", () => ({ kind: "redis" }))
    await kit.serve(createApp(), { host: "127.0.0.1", port: 0 })
    const [json, page] = [{}, { headers: ["Host: localhost", "Accept: text/html"] }]
    const ask = (how: object) => sendRaw(port, requestText("/health", how))
    expect(bodyOf(await ask(json))).toMatchObject({ status: "ok", phase: "ready", troubles: [] })
    expect(await ask(page)).toContain("<b>All is well</b>")
    outage = { reason: "timeout", since }
    const answer = await ask(json)
    expect(statusOf(answer)).toBe(200)
    expect(bodyOf(answer)).toMatchObject({
      status: "degraded",
      troubles: [{ dependency: "token validation", reason: "timeout", since: new Date(since * 1000).toISOString() }],
      dependencies: { "token validation": { state: "up" }, store: { state: "up" } },
    })
    expect(await ask(page)).toContain("<b>Trouble with token validation</b>")
    expect(await probe(port, "/readyz")).toBe(200)
    await kit.shutdown("test")
  })

  it("O6 refuses a foreign Host on loopback", async () => {
    const { kit, port } = await startKit()
    for (const path of ["/livez", "/readyz", "/health"])
      expect(statusOf(await sendRaw(port, requestText(path, { headers: ["Host: evil.test"] })))).toBe(403)
    expect(statusOf(await sendRaw(port, requestText("/livez", { headers: [`Host: localhost:${port}`] })))).toBe(200)
    expect(statusOf(await sendRaw(port, requestText("/livez", { headers: ["Host: [::1]:9464"] })))).toBe(200)
    await kit.shutdown("test")
  })
})
