/**
 * Measured: the token verifier with `TOKENS` tokens that it knows, of which up to 10,000 are presented in turn: in its own memory, or,
 * with `REDIS_URL`, in the cache that replicas share, with next to none in its own.
 */
import { setImmediate as turn } from "node:timers/promises"
import { readMcpSettings } from "@gatehouse/mcp"
import { connectRedis, createLogger } from "@gatehouse/service-kit"
import { createTokenVerifier, localRevocations } from "@gatehouse/token-verifier"
import { tokenClaims } from "../token-claims.ts"
import { inProcess } from "./in-process-dispatcher.ts"
import { nowhere, reportWorker } from "./report.ts"

const MOST_ASKED = 10_000
/** At once, as requests come to a server. */
const CONCURRENCY = 32
const RESOURCE = "https://mcp.example.com/mcp"
const issuer = "https://issuer.example.com"

const redisUrl = process.env["REDIS_URL"]
// In the shared cache two at least: the last one that was asked about stays in memory.
const tokens = Math.max(Number(process.env["TOKENS"] ?? 1), redisUrl === undefined ? 1 : 2)
const log = createLogger({ name: "benchmark", level: "info", destination: nowhere })
const redis = redisUrl === undefined ? undefined : connectRedis(readMcpSettings({ REDIS_URL: redisUrl }), log)
const exp = Math.floor(Date.now() / 1000) + 3600

/** As long as our JWTs. */
const tokenOf = (number: number): string => `token-${number}.`.padEnd(620, "x")
const claimsOf = (number: number) => ({
  active: true,
  token_type: "Bearer",
  ...tokenClaims(number, { issuer, resource: RESOURCE, exp }),
})

const documents = { issuer, introspection_endpoint: `${issuer}/introspect` }
const verifier = createTokenVerifier({
  audience: RESOURCE,
  servers: [
    {
      issuer,
      strategy: "introspection",
      credentials: { method: "client_secret_basic", clientId: "mcp", clientSecret: "secret" },
    },
  ],
  cache: { positiveSeconds: 3600, maxPositive: redis ? 1 : tokens },
  revocations: { ...localRevocations(), position: () => "1-0" },
  ...(redis && { shared: { redis, keyPrefix: "benchmark:" } }),
  dispatcher: inProcess((form) =>
    form === undefined ? documents : claimsOf(Number(form.get("token")?.match(/\d+/)?.[0])),
  ),
  log,
})
await verifier.start()

for (let i = 0; i < tokens; i += CONCURRENCY) {
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, tokens - i) }, (_, j) => verify(tokenOf(i + j))))
  await turn() // as a wire would: the runtime cleans up between its turns
}

const asked = Array.from({ length: Math.min(tokens, MOST_ASKED) }, (_, place) =>
  tokenOf(Math.floor((place * tokens) / Math.min(tokens, MOST_ASKED))),
).sort(() => Math.random() - 0.5)
reportWorker(work)

async function work(count: number): Promise<void> {
  let begun = 0
  const worker = async () => {
    while (begun < count) await verify(asked[begun++ % asked.length] ?? "")
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

async function verify(token: string): Promise<void> {
  const validation = await verifier.verifyToken(token)
  if (validation.outcome !== "valid") throw new Error(`a token is ${validation.outcome}: ${validation.reason}`)
}
