/** Ending an HTTP server without refusing a request: every answer says `Connection: close`, and the app closes when what arrived is answered. */
import type { ServerResponse } from "node:http"
import { setTimeout as pause } from "node:timers/promises"
import type { FastifyInstance } from "fastify"

/** What is left for streams to end when calls take all the time there is: a fourth, at most a second. */
const politeMs = (deadlineMs: number) => Math.min(1_000, deadlineMs / 4)

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
    close: (deadlineMs) => closeWithin(app, unanswered, deadlineMs),
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

async function closeWithin(
  app: FastifyInstance,
  unanswered: ReadonlySet<ServerResponse>,
  deadlineMs: number,
): Promise<void> {
  const { server } = app
  const politeUntil = performance.now() + deadlineMs - politeMs(deadlineMs)
  // Before the app: what it closes first would cut off a call, or refuse one that arrives between.
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const cutOff = setTimeout(() => server.closeAllConnections(), deadlineMs)
  const awaitsAnswer = () => [...unanswered].some(({ headersSent }) => !headersSent) // the others are streams
  try {
    while (awaitsAnswer() && performance.now() < politeUntil) await pause(10)
    await app.close()
    await closed
  } finally {
    clearTimeout(cutOff)
  }
}
