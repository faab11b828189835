/** A TCP proxy that fails on command: the faults of a network between a client and any server on loopback. */
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"

/**
 * - `pass` forwards;
 * - `blackhole` keeps connections and forwards nothing, either way;
 * - `reset` resets connections, open and new ones;
 * - `refuse` resets open connections and listens no more;
 * - `dropReplies` forwards requests, and resets the connection instead of each reply;
 * - `dropNextReply` does so once, and then passes.
 */
export type FaultMode = "pass" | "blackhole" | "reset" | "refuse" | "dropReplies" | "dropNextReply"

export interface FaultProxy {
  port: number
  /** Assign to change it; it holds for open connections too. */
  mode: FaultMode
  /** Connections accepted since the start. */
  readonly accepted: number
  close(): Promise<void>
}

/** @param target the port on loopback to stand in front of */
export async function createFaultProxy(target: { port: number }): Promise<FaultProxy> {
  const network = new FaultyNetwork(target.port)
  await network.listen()
  return network
}

class FaultyNetwork implements FaultProxy {
  port = 0
  accepted = 0
  #mode: FaultMode = "pass"
  readonly #targetPort: number
  readonly #server: Server
  readonly #pairs = new Set<readonly [client: Socket, target: Socket]>()

  constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#server = createServer((client) => this.#accept(client))
  }

  async listen(): Promise<void> {
    this.#server.listen(this.port, "127.0.0.1")
    await once(this.#server, "listening")
    this.port = (this.#server.address() as AddressInfo).port
  }

  get mode(): FaultMode {
    return this.#mode
  }

  set mode(mode: FaultMode) {
    const refused = this.#mode === "refuse"
    this.#mode = mode
    if (mode === "reset" || mode === "refuse") this.#resetAll()
    if (mode === "refuse" && !refused) this.#server.close()
    if (mode !== "refuse" && refused) this.#server.listen(this.port, "127.0.0.1")
    if (mode !== "blackhole") for (const socket of [...this.#pairs].flat()) socket.resume()
  }

  async close(): Promise<void> {
    this.#resetAll()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, "close")
  }

  #accept(client: Socket): void {
    this.accepted++
    const target = connect(this.#targetPort, "127.0.0.1")
    const pair = [client, target] as const
    this.#pairs.add(pair)
    for (const socket of pair) {
      socket.on("error", () => reset(pair)) // either side broke: so does the other
      socket.on("close", () => this.#pairs.delete(pair))
    }
    client.on("end", () => target.end())
    target.on("end", () => client.end())
    client.on("data", (chunk) => this.#forward(chunk, client, target))
    target.on("data", (chunk) => {
      if (this.#mode !== "dropReplies" && this.#mode !== "dropNextReply") return this.#forward(chunk, target, client)
      if (this.#mode === "dropNextReply") this.#mode = "pass"
      reset(pair)
    })
    if (this.#mode === "reset") reset(pair)
  }

  #forward(chunk: Buffer, from: Socket, to: Socket): void {
    if (this.#mode !== "blackhole") return void to.write(chunk)
    from.pause()
    from.unshift(chunk)
  }

  #resetAll(): void {
    for (const pair of this.#pairs) reset(pair)
  }
}

function reset([client, target]: readonly [Socket, Socket]): void {
  client.resetAndDestroy()
  target.destroy()
}
