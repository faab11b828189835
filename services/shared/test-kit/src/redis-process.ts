/** One redis-server process: on loopback, in a directory of its own, ended by its pid. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { watchOver } from "./watchdog.ts"

const START_TIMEOUT_MS = 10_000
/** Said once the data is loaded and the port open; the latter by a Sentinel. To ask could need a password or a certificate. */
const READY = /Ready to accept connections|Sentinel ID is/

export interface RedisProcess {
  port: number
  /** Kills it without a word, as a crash does. What it had written is kept. */
  kill(): Promise<void>
  /** Starts it again on the same port, ending it first where it runs: with what it had written, or `empty`. */
  restart(options?: { empty?: boolean }): Promise<void>
  /** Takes its time away: connections stay, nothing answers. */
  pause(): void
  resume(): void
  /** Ends it for good, its files included. */
  stop(): Promise<void>
}

interface Place {
  port: number
  directory: string
  args: string[]
}

const common = `
bind 127.0.0.1
save ""
`

/**
 * Starts redis-server with the lines of a configuration file.
 * @throws Error when redis-server is missing (with how to get it) or does not answer
 */
export async function startRedisProcess(port: number, config: string, mode: string[] = []): Promise<RedisProcess> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-redis-"))
  const file = join(directory, "redis.conf")
  await writeFile(file, `${common}port ${port}\ndir ${directory}\n${config}\n`)
  const removeFiles = () => rm(directory, { recursive: true, force: true })
  const place = { port, directory, args: [file, ...mode] }
  let child = await spawnRedis(place).catch(async (error) => {
    await removeFiles()
    throw error
  })
  const kill = () => end(child)
  const stop = async () => {
    await kill()
    await removeFiles()
  }
  return {
    port,
    kill,
    async restart({ empty = false } = {}) {
      await kill()
      if (empty) await rm(join(directory, "appendonlydir"), { recursive: true, force: true })
      child = await spawnRedis(place)
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    stop,
  }
}

async function spawnRedis({ port, directory, args }: Place): Promise<ChildProcess> {
  const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "pipe"] })
  watchOver(child, { directory })
  try {
    await untilReady(child, port)
  } catch (error) {
    await end(child)
    throw error
  }
  return child
}

function untilReady(child: ChildProcessByStdio<null, Readable, Readable>, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let output = ""
  const fail = (what: string) => reject(new Error(`redis-server on port ${port} ${what}:\n${output.slice(-2_000)}`))
  const timer = setTimeout(() => fail(`is not ready after ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS)
  child.stderr.on("data", (chunk) => {
    output += chunk
  })
  child.stdout.on("data", (chunk) => {
    output += chunk
    if (READY.test(output)) resolve()
  })
  child.on("error", (cause) => {
    reject(new Error("redis-server cannot be started; on Debian: apt-get install redis-server", { cause }))
  })
  child.on("close", () => fail("has ended"))
  return promise.finally(() => clearTimeout(timer))
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return
  child.kill("SIGKILL")
  await once(child, "exit")
}
