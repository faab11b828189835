/** An authorization server in this process: asked each time, without a wire or a cache, and its words read as strictly. */
import { OAuthError } from "@gatehouse/oauth"
import { type Introspect, readIntrospection } from "../introspection.ts"
import { Unavailable } from "../unavailable.ts"
import type { Authority, Surroundings } from "./authority.ts"

/** What the authorization server hands in: it answers as its endpoint would, or throws what the endpoint makes a 503 of. */
export type InProcessIntrospect = (token: string, signal: AbortSignal) => Promise<unknown>

export function inProcessAuthority(
  introspect: InProcessIntrospect,
  { resource, surroundings: { issuer, outages } }: { resource: string; surroundings: Surroundings },
): Authority {
  return {
    strategy: () => ({ name: "in-process", why: "the authorization server runs in this process" }),
    introspect: outages.watch(strictly(introspect)),
    issuer: () => issuer,
    accepts: (named) => named === issuer,
    audience: { accepted: new Set([resource]), clientIds: new Set(), namesClient: false, mayBeAbsent: false },
    scopePrefix: "",
    advertisedScopes: undefined,
    metadata: () => undefined,
    start: async () => {},
    forget: () => {},
    health: () => ({ outage: outages.current() ?? null }),
    stats: () => ({
      up: outages.current() === undefined,
      circuit: "closed",
      inFlight: 0,
      queued: 0,
      cached: { positive: 0, negative: 0 },
      keys: undefined,
    }),
    close: async () => {},
  }
}

const strictly =
  (introspect: InProcessIntrospect): Introspect =>
  async (token, signal) => {
    try {
      return readIntrospection(await introspect(token, signal))
    } catch (error) {
      // Any other error is a fault of this process: it stays one, and is a 500.
      if (error instanceof OAuthError && error.code === "temporarily_unavailable")
        throw new Unavailable("bad_response", { cause: error })
      throw error
    }
  }
