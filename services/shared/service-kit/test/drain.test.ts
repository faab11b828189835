import { once } from "node:events"
import { type Agent, get as httpGet, type IncomingMessage, Agent as KeepAliveAgent } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { setTimeout as pause } from "node:timers/promises"
import type { FastifyInstance } from "fastify"
import { describe, expect, it, onTestFinished } from "vitest"
import { createDrain } from "../src/drain.ts"
import { createApp } from "../src/index.ts"

/** An app whose calls are cut off when it closes, as those of an MCP server are; it knows when that was. */
async function startApp(register: (app: FastifyInstance) => void = () => {}) {
  const app = createApp()
  const state = { closing: false }
  app.addHook("preClose", async () => {
    state.closing = true
  })
  app.get("/quick", async () => ({ ok: true }))
  app.get("/slow", async (_request, reply) => {
    await pause(400)
    return state.closing ? reply.code(500).send({ error: "cut off" }) : { ok: "slow" }
  })
  app.get("/half", async (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200).write("first")
    setTimeout(() => reply.raw.end(" second"), 400)
  })
  register(app)
  const drain = createDrain(app)
  await app.listen({ host: "127.0.0.1", port: 0 })
  const { port } = app.server.address() as AddressInfo
  onTestFinished(() => app.server.closeAllConnections())
  return { app, drain, port, state }
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1")
  socket.on("error", () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, "connect")
  return socket
}

async function statusAt(port: number, path: string, agent?: Agent): Promise<number> {
  const [response] = (await once(httpGet({ host: "127.0.0.1", port, path, agent }), "response")) as [IncomingMessage]
  response.resume()
  await once(response, "end")
  return response.statusCode ?? 0
}

const timed = async (work: Promise<void>): Promise<number> => {
  const started = performance.now()
  await work
  return performance.now() - started
}

describe("OAuth services: the drain of a server", () => {
  it("Z9 lets a request that is under way be answered before the app closes what answers it", async () => {
    const { drain, port } = await startApp()
    const slow = statusAt(port, "/slow")
    await pause(100)
    drain.begin()
    await drain.close(5_000)
    expect(await slow).toBe(200)
  })

  it("Z9 answers the request of a connection that it had accepted already", async () => {
    const { drain, port, state } = await startApp()
    const late = await open(port)
    const slow = statusAt(port, "/slow")
    await pause(100)
    drain.begin()
    const closed = drain.close(5_000)
    await pause(100)
    late.write("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n")
    const [answer] = await once(late, "data")
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n/i)
    expect(state.closing).toBe(false)
    await closed
    expect(await slow).toBe(200)
  })

  it("accepts no connection while it waits for answers", async () => {
    const { drain, port } = await startApp()
    const slow = statusAt(port, "/slow")
    await pause(100)
    drain.begin()
    const closed = drain.close(5_000)
    await pause(50)
    await expect(statusAt(port, "/quick")).rejects.toThrow("ECONNREFUSED")
    await closed
    expect(await slow).toBe(200)
  })

  it("does not wait for a connection on which nothing was ever asked", async () => {
    const { drain, port } = await startApp()
    await open(port)
    await pause(50)
    drain.begin()
    expect(await timed(drain.close(10_000))).toBeLessThan(2_000)
  })

  it("does not wait for a connection whose request is never finished longer than for an answer", async () => {
    const { drain, port } = await startApp()
    const half = await open(port)
    half.write("GET /quick HTTP/1.1\r\nHost: ")
    await pause(50)
    drain.begin()
    expect(await timed(drain.close(600))).toBeLessThan(1_500)
  })

  it("ends a stream politely though a call takes longer than there is time", async () => {
    const { drain, port } = await startApp((app) => {
      app.get("/hangs", async () => new Promise(() => {}))
      app.get("/stream", async (_request, reply) => {
        reply.hijack()
        reply.raw.writeHead(200).write("open")
        app.server.once("end streams", () => reply.raw.end(" and over"))
      })
      app.addHook("preClose", async () => void app.server.emit("end streams"))
    })
    const [stream] = (await once(httpGet({ host: "127.0.0.1", port, path: "/stream" }), "response")) as [
      IncomingMessage,
    ]
    const hanging = httpGet({ host: "127.0.0.1", port, path: "/hangs" })
    const cutOff = once(hanging, "error")
    await pause(100)
    drain.begin()
    const took = await timed(drain.close(800))
    let text = ""
    for await (const chunk of stream) text += chunk
    expect(text).toBe("open and over")
    expect(stream.complete).toBe(true)
    expect(took).toBeLessThan(1_500)
    await cutOff
  })

  it("closes an app that never listened", async () => {
    const app = createApp()
    const drain = createDrain(app)
    drain.begin()
    expect(await timed(drain.close(5_000))).toBeLessThan(500)
  })
})

describe("OAuth services: the end of an app by itself", () => {
  it("does not wait for a connection on which nothing was ever asked", async () => {
    const { app, port } = await startApp()
    await open(port)
    await pause(50)
    expect(await timed(app.close())).toBeLessThan(2_000)
  })

  it("does not wait for a kept connection that was busy when the app began to close", async () => {
    const { app, port } = await startApp()
    const agent = new KeepAliveAgent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    const slow = statusAt(port, "/half", agent)
    await pause(100)
    expect(await timed(app.close())).toBeLessThan(2_000)
    expect(await slow).toBe(200)
  })
})
