/** How requests are measured: by template and status class, also those that end badly, and by nothing that a client chooses. */
import { once } from "node:events"
import { connect } from "node:net"
import { readExposition, sendRaw } from "@gatehouse/test-kit"
import type { FastifyInstance } from "fastify"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { createApp, createMetrics, limitRate, type Metrics, measureHttp } from "../src/index.ts"
import { listening, requestText } from "./request-text.ts"

let app: FastifyInstance
let metrics: Metrics
let port: number
let reached: PromiseWithResolvers<void>
let release: PromiseWithResolvers<void>

beforeEach(async () => {
  app = createApp()
  metrics = createMetrics({ name: "test", version: "0" })
  reached = Promise.withResolvers()
  release = Promise.withResolvers()
  app.get("/before", async () => ({}))
  app.register(async (own) => {
    measureHttp(own, metrics, "test")
    const limit = limitRate({ requestsPerMinute: 1, name: "test", now: () => 0 })
    own.get("/clients/:id", async () => ({}))
    own.post("/clients/:id", async (_request, reply) => reply.code(400).send({}))
    own.get("/moved", async (_request, reply) => reply.redirect("/before", 303))
    own.get("/fault", async () => {
      throw new Error("planted")
    })
    own.get("/limited", { onRequest: limit }, async () => ({}))
    own.get("/slow", async () => {
      reached.resolve()
      await release.promise
      return {}
    })
    own.options("/clients/:id", async (_request, reply) => reply.code(204).send())
  })
  port = await listening(app)
})
afterEach(async () => {
  release.resolve()
  await app.close()
})

const ask = (target: string, method = "GET") => sendRaw(port, requestText(target, { method }))
const exposed = async () => readExposition((await metrics.expose()).body)
const name = "test_http_request_duration_seconds"
const counted = async (labels: Record<string, string>) => (await exposed()).sum(`${name}_count`, labels)

/** The server notices the end of a connection a moment after its client. */
async function untilCounted(labels: Record<string, string>): Promise<void> {
  await expect.poll(() => counted(labels)).toBe(1)
}

describe("OAuth metrics: HTTP", () => {
  it("starts at zero for each route, method and class that is asked in earnest", async () => {
    const { value, labelsOf } = await exposed()
    for (const code of ["2xx", "3xx", "4xx", "5xx"])
      expect(value(`${name}_count{method="POST",route="/clients/:id",code="${code}"}`)).toBe(0)
    expect(new Set(labelsOf(`${name}_count`).map(({ method }) => method))).toEqual(new Set(["GET", "POST"]))
    expect(value('test_rate_limited_total{route="/limited"}')).toBe(0)
  })

  it.each([
    ["GET", "/clients/planted?secret=planted", "/clients/:id", "2xx"],
    ["POST", "/clients/planted", "/clients/:id", "4xx"],
    ["GET", "/moved", "/moved", "3xx"],
    ["GET", "/fault", "/fault", "5xx"],
    ["HEAD", "/clients/1", "/clients/:id", "2xx"],
    ["OPTIONS", "/clients/1", "/clients/:id", "2xx"],
  ])("Y5 counts %s %s under its template, with the class of its answer", async (method, target, route, code) => {
    await ask(target, method)
    await untilCounted({ method, route, code })
    const { sum, text } = await exposed()
    expect(sum(`${name}_count`)).toBe(1)
    expect(sum(`${name}_sum`)).toBeGreaterThan(0)
    expect(text).not.toContain("planted")
  })

  it("counts a request whose client has gone before the answer", async () => {
    const socket = connect(port, "127.0.0.1")
    await once(socket, "connect")
    socket.write(requestText("/slow"))
    await reached.promise
    socket.destroy()
    await untilCounted({ route: "/slow", code: "aborted" })
  })

  it("counts each request that a limit refuses", async () => {
    for (let i = 0; i < 3; i++) await ask("/limited")
    await expect.poll(async () => (await exposed()).value('test_rate_limited_total{route="/limited"}')).toBe(2)
    expect(await counted({ route: "/limited", code: "4xx" })).toBe(2)
  })

  it("leaves the routes of others alone, and paths that there are not", async () => {
    await ask("/before")
    await ask("/nowhere")
    await ask("/moved")
    await untilCounted({ route: "/moved" })
    expect((await exposed()).sum(`${name}_count`)).toBe(1)
  })
})
