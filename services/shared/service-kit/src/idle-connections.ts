/** Connections on which nothing is asked: while an app closes they go, since it would wait for each to run out. */
import type { Server } from "node:http"
import type { Socket } from "node:net"
import type { FastifyInstance } from "fastify"

const SWEEP_EVERY_MS = 50
/** A connection that has not asked anything for so long is a spare one: browsers keep some, fetch opens one after a call it gave up. */
const SPARE_AFTER_MS = 1_000

/** Fastify waits for keep-alive connections that were busy when it closed, up to 74 s, and for spare ones as long as their client likes. */
export function closeIdleConnections(app: FastifyInstance): void {
  const { server } = app
  const closeSpare = watchSpare(server)
  app.addHook("preClose", async () => {
    const sweep = setInterval(() => {
      server.closeIdleConnections()
      closeSpare()
    }, SWEEP_EVERY_MS)
    sweep.unref() // an app that never listened has no end to hear of
    server.once("close", () => clearInterval(sweep))
  })
}

/** Node calls a connection on which nothing was asked yet busy, and would wait for its first request. */
function watchSpare(server: Server): () => void {
  const openedAt = new Map<Socket, number>()
  server.on("connection", (socket: Socket) => {
    openedAt.set(socket, performance.now())
    socket.once("close", () => openedAt.delete(socket))
  })
  return () => {
    const before = performance.now() - SPARE_AFTER_MS
    for (const [socket, at] of openedAt) if (at < before && socket.bytesRead === 0) socket.destroy()
  }
}
