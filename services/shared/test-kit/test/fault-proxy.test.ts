/** The fault proxy fails as it says, on real sockets. */
import { once } from "node:events"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { createFaultProxy, type FaultProxy, sendRaw } from "@gatehouse/test-kit"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"

describe("createFaultProxy", () => {
  let target: Server
  let proxy: FaultProxy
  const received: string[] = []

  beforeAll(async () => {
    // Answers what it got, and closes.
    target = createServer((socket: Socket) => {
      socket.on("error", () => {})
      socket.on("data", (chunk) => {
        received.push(chunk.toString())
        socket.end(`echo ${chunk}`)
      })
    }).listen(0, "127.0.0.1")
    await once(target, "listening")
  })
  afterAll(() => void target.close())
  beforeEach(async () => {
    received.length = 0
    proxy = await createFaultProxy(target.address() as AddressInfo)
  })
  afterEach(() => proxy.close())

  const ask = (text: string, timeoutMs = 300) => sendRaw(proxy.port, text, { timeoutMs })

  it("passes bytes both ways, and counts connections", async () => {
    expect([await ask("one"), await ask("two")]).toEqual(["echo one", "echo two"])
    expect(proxy.accepted).toBe(2)
  })

  it("swallows everything as a black hole, and delivers it when the hole closes", async () => {
    proxy.mode = "blackhole"
    await expect(ask("one")).rejects.toThrow(/not closed within 300 ms/)
    expect(received).toEqual([])
    const late = ask("two", 2_000)
    proxy.mode = "pass"
    expect(await late).toBe("echo two")
  })

  it("resets connections", async () => {
    proxy.mode = "reset"
    await expect(ask("one")).rejects.toThrow(/ECONNRESET/)
    expect(received).toEqual([])
  })

  it("refuses connections, and accepts them again on the same port", async () => {
    const { port } = proxy
    proxy.mode = "refuse"
    await expect(ask("one")).rejects.toThrow(/ECONNREFUSED/)
    proxy.mode = "pass"
    expect(await ask("two")).toBe("echo two")
    expect(proxy.port).toBe(port)
  })

  it("forwards a request and drops its reply: each time, or once", async () => {
    proxy.mode = "dropReplies"
    await expect(ask("one")).rejects.toThrow(/ECONNRESET/)
    proxy.mode = "dropNextReply"
    await expect(ask("two")).rejects.toThrow(/ECONNRESET/)
    expect(await ask("three")).toBe("echo three")
    expect(received).toEqual(["one", "two", "three"])
  })
})
