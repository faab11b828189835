/** One more try, at once, when a pooled connection turned out to be closed. */
import type { Introspect } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"

const closedByPeer = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"])

const isClosedConnection = (error: unknown): boolean =>
  error instanceof Unavailable &&
  error.cause instanceof Error &&
  "code" in error.cause &&
  closedByPeer.has(String(error.cause.code))

/** An idle connection may be closed just while it is picked (a restart does it to all): undici re-sends no POST by itself. */
export const withReconnect =
  (ask: Introspect): Introspect =>
  async (token, signal) => {
    try {
      return await ask(token, signal)
    } catch (error) {
      if (!isClosedConnection(error)) throw error
      return ask(token, signal)
    }
  }
