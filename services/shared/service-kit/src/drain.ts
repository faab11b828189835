/** Ending an HTTP server without refusing a request: every answer says `Connection: close`, and a connection goes when it is idle. */
import type { ServerResponse } from "node:http"
import type { FastifyInstance } from "fastify"

/** Prepares an app for a graceful end. */
export function createDrain(app: FastifyInstance): Drain {
  const unanswered = new Set<ServerResponse>()
  let draining = false
  app.server.prependListener("request", (_request, response: ServerResponse) => {
    if (draining) response.setHeader("connection", "close")
    unanswered.add(response)
    response.once("close", () => unanswered.delete(response))
  })
  return {
    begin: () => {
      draining = true
      for (const response of unanswered) if (!response.headersSent) response.setHeader("connection", "close")
    },
    close: (deadlineMs) => closeWithin(app, deadlineMs),
  }
}

export interface Drain {
  /** From now on connections are for one more answer; new ones are still accepted. */
  begin: () => void
  /** Accepts no more, lets what is in flight finish, and cuts off what is left at the deadline. */
  close: (deadlineMs: number) => Promise<void>
}

async function closeWithin(app: FastifyInstance, deadlineMs: number): Promise<void> {
  // Fastify waits for keep-alive connections to run out, up to 74 s, unless they are closed when they fall idle.
  const closeIdle = setInterval(() => app.server.closeIdleConnections(), 50)
  const cutOff = setTimeout(() => app.server.closeAllConnections(), deadlineMs)
  try {
    await app.close()
  } finally {
    clearInterval(closeIdle)
    clearTimeout(cutOff)
  }
}
