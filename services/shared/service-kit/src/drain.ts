/** Ending an HTTP server without refusing a request: every answer says `Connection: close`, and a connection goes when it is idle. */
import type { Server, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { setTimeout as pause } from "node:timers/promises"
import type { FastifyInstance } from "fastify"

const SWEEP_EVERY_MS = 50
/** A connection that has not asked anything for so long is a spare one, such as browsers keep. */
const SPARE_AFTER_MS = 1_000
/** What is left for streams to end when calls take all the time there is: a fourth, at most a second. */
const politeMs = (deadlineMs: number) => Math.min(1_000, deadlineMs / 4)

/** Prepares an app for a graceful end. */
export function createDrain(app: FastifyInstance): Drain {
  const unanswered = new Set<ServerResponse>()
  const closeSpare = watchSpare(app.server)
  let draining = false
  app.server.prependListener("request", (_request, response: ServerResponse) => {
    if (draining) response.setHeader("connection", "close")
    unanswered.add(response)
    response.once("close", () => unanswered.delete(response))
  })
  const closeIdle = () => {
    app.server.closeIdleConnections()
    closeSpare()
  }
  return {
    begin: () => {
      draining = true
      for (const response of unanswered) if (!response.headersSent) response.setHeader("connection", "close")
    },
    close: (deadlineMs) => closeWithin(app, { unanswered, closeIdle, deadlineMs }),
  }
}

export interface Drain {
  /** From now on connections are for one more answer; new ones are still accepted. */
  begin: () => void
  /**
   * Accepts no more, lets what is in flight be answered, then closes the app, which ends its streams; cuts off what is left at
   * the deadline.
   */
  close: (deadlineMs: number) => Promise<void>
}

interface Closing {
  unanswered: ReadonlySet<ServerResponse>
  closeIdle: () => void
  deadlineMs: number
}

async function closeWithin(app: FastifyInstance, { unanswered, closeIdle, deadlineMs }: Closing): Promise<void> {
  const { server } = app
  const politeUntil = performance.now() + deadlineMs - politeMs(deadlineMs)
  // Before the app: what it closes first would cut off a call, or refuse one that arrives between.
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // Fastify waits for keep-alive connections to run out, up to 74 s, unless they are closed when they fall idle.
  const sweep = setInterval(closeIdle, SWEEP_EVERY_MS)
  const cutOff = setTimeout(() => server.closeAllConnections(), deadlineMs)
  const awaitsAnswer = () => [...unanswered].some(({ headersSent }) => !headersSent) // the others are streams
  try {
    while (awaitsAnswer() && performance.now() < politeUntil) await pause(10)
    await app.close()
    await closed
  } finally {
    clearInterval(sweep)
    clearTimeout(cutOff)
  }
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
