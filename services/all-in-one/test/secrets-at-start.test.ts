/** Y0 at start: whatever is wrong with the environment, what a process prints about it has no secret. */
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findFreePort, type RedisServer, startRedis } from "@gatehouse/test-kit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { root, runNode } from "./processes.ts"
import { findIn, newSecret } from "./secrets/search.ts"
import { troubledStarts, wrongStarts } from "./secrets/wrong-starts.ts"

describe("OAuth services at start, their secrets", () => {
  let directory: string
  let redis: RedisServer
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "gatehouse-start-"))
    redis = await startRedis({ config: `requirepass ${newSecret()}` })
  })
  afterAll(async () => {
    await redis.stop()
    await rm(directory, { recursive: true })
  })

  let files = 0
  const write = async (content: string) => {
    const path = join(directory, `${files++}.json`)
    await writeFile(path, content)
    return path
  }

  it.concurrent.each(wrongStarts)(
    "Y0 $service with $what says so, and not the secret",
    async ({ service, env, told }) => {
      const secret = newSecret()
      const main = join(root, `services/${service}/src/main.ts`)
      const ports = { PORT: String(await findFreePort()), MANAGEMENT_PORT: String(await findFreePort()) }
      const running = runNode(["--conditions=source", main], {
        ...ports,
        LOG_LEVEL: "trace",
        ...(await env(secret, { write, redisPort: redis.port })),
      })
      const [code] = await once(running.child, "close")
      const text = running.output()
      expect(text).toMatch(told)
      expect(code).toBe(1)
      expect(findIn([{ name: "what it printed", text }], secret)).toBeUndefined()
    },
  )

  it.each(troubledStarts)(
    "Y0 auth with $what says so while it serves, and not the secret",
    async ({ env, told }) => {
      const secret = newSecret()
      const [port, managementPort] = [await findFreePort(), await findFreePort()]
      const running = runNode(["--conditions=source", join(root, "services/auth/src/main.ts")], {
        PORT: String(port),
        MANAGEMENT_PORT: String(managementPort),
        LOG_LEVEL: "trace",
        DEBUG: "*,-nothing",
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await findFreePort()}`,
        OTEL_EXPORTER_OTLP_TIMEOUT: "500",
        OTEL_BSP_SCHEDULE_DELAY: "50",
        ...(await env(secret, { write, redisPort: redis.port })),
      })
      const pages: string[] = []
      const ask = (at: number, path: string, accept = "*/*") =>
        fetch(`http://127.0.0.1:${at}${path}`, { headers: { accept } }).then(
          (answer) => answer.text(),
          () => "",
        )
      try {
        await expect.poll(running.output, { timeout: 15_000, interval: 100 }).toMatch(/"msg":/)
        const wanted = async () => {
          await ask(port, "/jwks") // a span
          pages.push(await ask(managementPort, "/health"), await ask(managementPort, "/health", "text/html"))
          return running.output()
        }
        await expect.poll(wanted, { timeout: 15_000, interval: 200 }).toMatch(told)
      } finally {
        await running.end()
      }
      const sinks = [
        { name: "its log", text: running.output() },
        { name: "/health", text: pages.join() },
      ]
      expect(findIn(sinks, secret)).toBeUndefined()
    },
    60_000,
  )
})
