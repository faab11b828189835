/** One Keycloak process: on loopback, its database in a directory of its own, ended with everything that it started. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { findFreePort, watchOver } from "@gatehouse/test-kit"
import { findKeycloak } from "./distribution.ts"

const START_TIMEOUT_MS = 120_000 // the first start of all assembles itself, which takes 15 s more
const END_TIMEOUT_MS = 20_000

export interface Keycloak {
  origin: string
  admin: { username: string; password: string }
  /** Ends it as an operator would, and keeps what it knows. */
  stop(): Promise<void>
  /** Starts it again on the same port, with what it knew. */
  start(): Promise<void>
  /** Ends it for good, its files included. */
  remove(): Promise<void>
}

interface Place {
  home: string
  directory: string
  origin: string
  env: Record<string, string>
}

/** @throws Error that says what is missing, or what Keycloak printed before it ended */
export async function startKeycloak(): Promise<Keycloak> {
  const home = await findKeycloak()
  const port = await findFreePort()
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-keycloak-"))
  const origin = `http://127.0.0.1:${port}`
  const admin = { username: "admin", password: "a-password-for-the-administrator" }
  const env = {
    KC_BOOTSTRAP_ADMIN_USERNAME: admin.username,
    KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
    KC_HTTP_HOST: "127.0.0.1",
    KC_HTTP_PORT: String(port),
    // Without it the issuer follows the Host header of whoever asks.
    KC_HOSTNAME: origin,
    // As its own default, but for the directory.
    KC_DB_URL: `jdbc:h2:file:${directory}/keycloak;NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=FALSE`,
    // Ready sooner where processors are few: the tests are over before the better compiler pays.
    JAVA_OPTS_APPEND: "-XX:TieredStopAtLevel=1",
  }
  const place = { home, directory, origin, env }
  const removeFiles = () => rm(directory, { recursive: true, force: true })
  let child = await spawnKeycloak(place).catch(async (error) => {
    await removeFiles()
    throw error
  })
  const stop = () => endGroup(child)
  return {
    origin,
    admin,
    stop,
    async start() {
      await stop()
      child = await spawnKeycloak(place)
    },
    async remove() {
      await stop()
      await removeFiles()
    },
  }
}

async function spawnKeycloak({ home, directory, origin, env }: Place): Promise<ChildProcess> {
  const { PATH = "", JAVA_HOME } = process.env
  // A group of its own: kc.sh starts Java, and may start it again.
  const child = spawn(join(home, "bin/kc.sh"), ["start-dev"], {
    cwd: directory,
    detached: true,
    env: { PATH, ...(JAVA_HOME !== undefined && { JAVA_HOME }), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  watchOver(child, { directory, group: true })
  let output = ""
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output = (output + chunk).slice(-10_000)
    })
  const deadline = Date.now() + START_TIMEOUT_MS
  while (child.exitCode === null && Date.now() < deadline) {
    const answer = await fetch(`${origin}/realms/master`).catch(() => undefined)
    if (answer?.ok) return child
    await pause(200)
  }
  await endGroup(child)
  throw new Error(`Keycloak did not become ready:\n${output}`)
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (!signalGroup(child, "SIGTERM")) return
  // Not `exit`, which is that of kc.sh alone: the pipes are closed when nobody of the group holds them any more.
  const closed = once(child, "close")
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), END_TIMEOUT_MS)
  await closed
  clearTimeout(timer)
}

/** False when nobody of it is left. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): boolean {
  if (pid === undefined) return false
  try {
    return process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false
    throw error
  }
}
