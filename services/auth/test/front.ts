/** An authorization server as people and strangers meet it: registration, authorization, pages. */
import { unavailable } from "@gatehouse/oauth"
import { findFreePort, manualClock } from "@gatehouse/test-kit"
import type { Stores } from "../src/domain/ports.ts"
import { createMemoryStores } from "../src/stores/memory/index.ts"
import { knownClient, RESOURCE, type StartOptions, startAuth, type TestAuth } from "./harness.ts"

export { RESOURCE } from "./harness.ts"
export type Front = TestAuth

const redirectUri = "https://cli.test/cb"
/** A client of the operator's file. */
export const preRegistered = {
  ...knownClient({ clientId: "operators-client", redirectUris: [redirectUri], source: "pre-registered" }),
  redirectUri,
}

/** For https://auth.test and one resource, unless told otherwise. */
export const startFront = (config: StartOptions["config"] = {}, options: StartOptions = {}): Promise<Front> =>
  startAuth({ clients: [preRegistered], config: { resources: [RESOURCE], ...config }, ...options })

/** Where a browser finds it. */
export async function startFrontForBrowser(): Promise<Front> {
  const port = await findFreePort()
  return startFront({ issuer: `http://127.0.0.1:${port}` }, { port })
}

/** Its stores fail as an unreachable Redis does, in the parts that are named. */
export function startFrontWithout(...down: (keyof Stores)[]): Promise<Front> {
  const clock = manualClock()
  const stores = createMemoryStores({ now: clock.now })
  const outage = new Proxy({}, { get: () => () => Promise.reject(unavailable("the store does not answer")) })
  return startFront({}, { clock, stores: { ...stores, ...Object.fromEntries(down.map((part) => [part, outage])) } })
}
