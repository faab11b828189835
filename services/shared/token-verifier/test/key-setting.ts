/** What every test of a key set starts from: a server that publishes keys, a clock, and a set that has read nothing yet. */
import { manualClock } from "@gatehouse/test-kit"
import { onTestFinished } from "vitest"
import { createHttpClient } from "../src/http/http-client.ts"
import { createKeySet, type KeySetOptions } from "../src/keys/key-set.ts"
import { type Behaviour, json, startAuthorizationServer } from "./authorization-server.ts"
import type { TestKey } from "./signing-key.ts"

export const START = 1_800_000_000
export const JWKS = "/jwks"
/** A signal that nobody aborts. */
export const never = new AbortController().signal

export const published = (...keys: (TestKey | object)[]) =>
  json({ keys: keys.map((key) => ("jwk" in key ? key.jwk : key)) })

/** @param behaviour what stands where keys are published */
export async function startKeySet(behaviour: Behaviour, options: Partial<KeySetOptions> = {}) {
  const server = await startAuthorizationServer()
  const clock = manualClock(START)
  const client = createHttpClient({ timeoutMs: 1000 })
  const url = () => `${server.issuer}${JWKS}`
  const keys = createKeySet({ client, url, now: clock.now, uptime: clock.now, ...options })
  onTestFinished(async () => {
    await client.close()
    await server.close()
  })
  const publish = (next: Behaviour) => server.documents.set(JWKS, next)
  publish(behaviour)
  const find = (kid?: string, alg = "ES256", signal = never) => keys.find({ kid, alg }, signal)
  const fetches = () => server.fetched.length
  return { server, clock, keys, publish, find, fetches }
}
