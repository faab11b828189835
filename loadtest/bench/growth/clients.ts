/** How long the authorization server takes to start when very many clients are known: registered ones in Redis, or the operator's in a file. */
import { randomUUID } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createRedisStores, hashOf } from "@gatehouse/auth"
import { MCP_SCOPES } from "@gatehouse/oauth"
import { startRedis } from "@gatehouse/test-kit"
import { Redis } from "ioredis"
import { table } from "../document.ts"
import { measureStart, type StartFigures } from "../start.ts"

export interface ClientRow extends StartFigures {
  where: string
  clients: number
}

export interface ClientsOptions {
  sizes: readonly number[]
  times: number
}

export async function measureClients({ sizes, times }: ClientsOptions): Promise<ClientRow[]> {
  const rows: ClientRow[] = []
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-clients-"))
  const redis = await startRedis({ config: "appendonly no" })
  const measure = async (where: string, clients: number, env: Record<string, string>) =>
    void rows.push({ where, clients, ...(await measureStart({ times, service: "auth", env })) })
  try {
    for (const size of sizes) {
      await redis.restart({ empty: true })
      await register(redis.url, size)
      await measure("registered, in Redis", size, { REDIS_URL: redis.url })
    }
    for (const size of sizes) {
      const file = join(directory, `${size}.json`)
      await writeFile(file, clientsFileOf(size))
      await measure("in `CLIENTS_FILE`", size, { CLIENTS_FILE: file })
    }
    return rows
  } finally {
    await redis.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

const BATCH = 1000

/** As registration does it. */
async function register(url: string, count: number): Promise<void> {
  const redis = new Redis(url, { enableAutoPipelining: true })
  const now = () => Date.now() / 1000
  const stores = createRedisStores({ redis, keyPrefix: "", now })
  const secretHash = hashOf("a secret that all of them have")
  for (let i = 0; i < count; i += BATCH)
    await Promise.all(
      Array.from({ length: Math.min(BATCH, count - i) }, (_, j) =>
        stores.clients.save(
          {
            clientId: randomUUID(),
            clientName: `Client ${i + j}`,
            redirectUris: ["http://127.0.0.1/callback"],
            grantTypes: ["authorization_code", "refresh_token"],
            authMethod: "client_secret_basic",
            secretHash,
            scopes: MCP_SCOPES,
            issuedAt: Math.floor(now()),
            source: "registered",
          },
          now() + 86_400,
        ),
      ),
    )
  await stores.close()
}

function clientsFileOf(count: number): string {
  const client_secret = "a secret that all of them have, long enough"
  const redirect_uris = ["http://127.0.0.1/callback"]
  const clients = Array.from({ length: count }, (_, i) => ({ client_id: `client-${i}`, client_secret, redirect_uris }))
  return JSON.stringify({ clients })
}

export const describeClients = (rows: readonly ClientRow[]): string =>
  table(
    ["clients", "known", "start to ready", "of processor time", "resident when idle"],
    "lrrrr",
    rows.map(({ where, clients, readyMs, readyCpuMs, idleMegabytes }) => [
      where,
      clients.toLocaleString("en"),
      `${readyMs.toFixed(0)} ms`,
      `${readyCpuMs.toFixed(0)} ms`,
      `${idleMegabytes.toFixed(0)} MB`,
    ]),
  )
