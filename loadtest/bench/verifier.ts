/** What the token verifier costs in its own process: a hit, a miss, a forged token, an open circuit, a token remembered. */
import { type KeyObject, verify } from "node:crypto"
import { createTokenVerifier, type TokenVerifier } from "@gatehouse/token-verifier"
import { Pool } from "undici"
import {
  json,
  type ScriptedServer,
  startAuthorizationServer,
  status,
} from "../../services/shared/token-verifier/test/authorization-server.ts"
import { makeKey, type TestKey } from "../../services/shared/token-verifier/test/signing-key.ts"
import { table } from "./document.ts"
import { describeRatio, describeSpread, type Ratio, ratioOf } from "./statistics.ts"
import { tokenClaims } from "./token-claims.ts"

const RESOURCE = "https://mcp.example.com/mcp"

export interface VerifierFigures {
  /** Of a token in the cache, milliseconds. */
  hitP99Ms: number
  /** What a miss adds to the question itself, milliseconds. */
  missAddedP95Ms: number
  /** Of 1,000 requests at once with one cold token. */
  callsForOneColdToken: number
  /** Of one signature check alone to that of refusing a forged token: 1 is as cheap as can be. */
  forged: Ratio
  /** While the circuit is open. */
  openCircuitP999Ms: number
  openCircuitOutcomes: string[]
  bytesPerToken: number
}

interface Setting {
  server: ScriptedServer
  key: TestKey
  verifier: TokenVerifier
  tokenOf: (number: number) => string
  claimsOf: (number: number) => object
}

async function start(strategy: "hybrid" | "introspection"): Promise<Setting> {
  const server = await startAuthorizationServer()
  const key = makeKey({ kid: "k1", alg: "ES256", use: "sig" })
  const { issuer, endpoint } = server
  server.documents.set("/jwks", json({ keys: [key.jwk] }))
  const exp = Math.floor(Date.now() / 1000) + 3600
  const claimsOf = (number: number) => tokenClaims(number, { issuer, resource: RESOURCE, exp })
  server.behaviour = (exchange) => {
    const [, payload = ""] = (exchange.form.get("token") ?? "").split(".")
    return json({ active: true, token_type: "Bearer", ...JSON.parse(Buffer.from(payload, "base64url").toString()) })(
      exchange,
    )
  }
  const verifier = createTokenVerifier({
    audience: RESOURCE,
    servers: [
      {
        issuer,
        strategy,
        introspectionUrl: endpoint,
        jwksUrl: `${issuer}/jwks`,
        credentials: { method: "client_secret_basic", clientId: "mcp", clientSecret: "secret" },
      },
    ],
    cache: { positiveSeconds: 3600, maxPositive: 1_000_000 },
  })
  const document = { issuer, jwks_uri: `${issuer}/jwks`, introspection_endpoint: endpoint }
  server.documents.set("/.well-known/oauth-authorization-server", json(document))
  await verifier.start()
  return { server, key, verifier, tokenOf: (number) => key.accessToken(claimsOf(number)), claimsOf }
}

const stop = async ({ server, verifier }: Setting): Promise<void> => {
  await verifier.close()
  await server.close()
}

async function times(count: number, ask: (i: number) => Promise<unknown>): Promise<number[]> {
  const taken: number[] = []
  for (let i = 0; i < count; i++) {
    const began = performance.now()
    await ask(i)
    taken.push(performance.now() - began)
  }
  return taken.sort((a, b) => a - b)
}

const at = (sorted: number[], share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0

async function hit(): Promise<number> {
  const setting = await start("hybrid")
  const token = setting.tokenOf(1)
  await times(5000, () => setting.verifier.verifyToken(token))
  const p99 = at(await times(20_000, () => setting.verifier.verifyToken(token)), 0.99)
  await stop(setting)
  return p99
}

/** The question alone is the same request over a warm connection. */
async function miss(): Promise<number> {
  const setting = await start("introspection")
  const { server, verifier, tokenOf } = setting
  const tokens = Array.from({ length: 1500 }, (_, i) => tokenOf(i))
  await verifier.verifyMany(tokens.slice(0, 500))
  const pool = new Pool(server.issuer)
  const headers = { "content-type": "application/x-www-form-urlencoded" }
  const asked = await times(1000, async (i) => {
    const body = new URLSearchParams({ token: tokens[i] ?? "" }).toString()
    await (await pool.request({ path: "/introspect", method: "POST", headers, body })).body.json()
  })
  await pool.close()
  const missed = await times(1000, (i) => verifier.verifyToken(tokens[500 + i] ?? ""))
  await stop(setting)
  return at(missed, 0.95) - at(asked, 0.95)
}

async function stampede(): Promise<number> {
  const setting = await start("hybrid")
  const token = setting.tokenOf(1)
  await Promise.all(Array.from({ length: 1000 }, () => setting.verifier.verifyToken(token)))
  const calls = setting.server.calls.length
  await stop(setting)
  return calls
}

/**
 * Interleaved rounds; the check alone is what the runtime's cryptography takes for one signature. Many tokens at once, as they come to
 * a server: whoever waits for each answer measures how a thread is woken.
 */
async function forged(): Promise<Ratio> {
  const setting = await start("hybrid")
  const forger = makeKey({ kid: "k1", alg: "ES256" })
  const tokens = Array.from({ length: 1000 }, (_, i) => forger.accessToken({ iss: setting.server.issuer, jti: `${i}` }))
  const { publicKey } = setting.key
  const alone: number[] = []
  const refused: number[] = []
  for (let i = 0; i < 5; i++) await setting.verifier.verifyMany(tokens) // until it is compiled
  for (let round = 0; round < 9; round++) {
    alone.push(
      cpuMs(() => {
        for (const token of tokens) checkAlone(token, publicKey)
      }),
    )
    const before = process.cpuUsage()
    await setting.verifier.verifyMany(tokens)
    const { user, system } = process.cpuUsage(before)
    refused.push((user + system) / 1000)
  }
  await stop(setting)
  return ratioOf(refused, alone)
}

function checkAlone(token: string, key: KeyObject): boolean {
  const dot = token.lastIndexOf(".")
  const signature = Buffer.from(token.slice(dot + 1), "base64url")
  return verify("sha256", Buffer.from(token.slice(0, dot)), { key, dsaEncoding: "ieee-p1363" }, signature)
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

async function openCircuit(): Promise<{ p999Ms: number; outcomes: string[] }> {
  const setting = await start("introspection")
  const { server, verifier } = setting
  server.behaviour = status(500)
  await verifier.verifyMany(Array.from({ length: 20 }, (_, i) => `opens-${i}`))
  const outcomes = new Set<string>()
  const taken = await times(10_000, async (i) => outcomes.add((await verifier.verifyToken(`refused-${i}`)).outcome))
  await stop(setting)
  return { p999Ms: at(taken, 0.999), outcomes: [...outcomes] }
}

/** Heap after two collections, before and after remembering tokens that have nothing in common. */
async function memory(): Promise<number> {
  const setting = await start("introspection")
  const collect = globalThis.gc
  if (collect === undefined) throw new Error("run with --expose-gc")
  const count = 100_000
  const heap = () => {
    collect()
    collect()
    return process.memoryUsage().heapUsed
  }
  // Opaque, so that a hundred thousand need no hundred thousand signatures.
  setting.server.behaviour = (exchange) => {
    const number = Number((exchange.form.get("token") ?? "").slice("opaque-".length))
    return json({ active: true, token_type: "Bearer", ...setting.claimsOf(number) })(exchange)
  }
  await setting.verifier.verifyMany(Array.from({ length: 2000 }, (_, i) => `opaque-${-1 - i}`))
  setting.server.calls.length = 0
  const before = heap()
  for (let i = 0; i < count; i += 500) {
    await setting.verifier.verifyMany(Array.from({ length: 500 }, (_, j) => `opaque-${i + j}`))
    setting.server.calls.length = 0 // what the test's server remembers is not ours
  }
  const bytes = (heap() - before) / count
  await stop(setting)
  return bytes
}

export async function measureVerifier(): Promise<VerifierFigures> {
  const { p999Ms, outcomes } = await openCircuit()
  return {
    hitP99Ms: await hit(),
    missAddedP95Ms: await miss(),
    callsForOneColdToken: await stampede(),
    forged: await forged(),
    openCircuitP999Ms: p999Ms,
    openCircuitOutcomes: outcomes,
    bytesPerToken: await memory(),
  }
}

/** A table: what, how much, and what it has to reach. */
export const describe = (figures: VerifierFigures): string =>
  table(["the verifier, in its process", "measured", "reach"], "lrr", [
    ["a token in the cache, p99", `${figures.hitP99Ms.toFixed(3)} ms`, "< 0.2 ms"],
    ["added to the question by a miss, p95", `${figures.missAddedP95Ms.toFixed(2)} ms`, "< 5 ms"],
    ["calls for 1,000 requests at once with one cold token", `${figures.callsForOneColdToken}`, "1"],
    [
      "refusing a forged JWT, against one signature check alone",
      `${describeRatio(figures.forged)}, rounds ${describeSpread(figures.forged)}`,
      "≥ 0.80",
    ],
    [
      "answer while the circuit is open, p99.9",
      `${figures.openCircuitP999Ms.toFixed(2)} ms, all ${figures.openCircuitOutcomes.join(", ")}`,
      "< 10 ms",
    ],
    ["memory of a remembered token", `${figures.bytesPerToken.toFixed(0)} bytes`, "< 1,024"],
  ])
