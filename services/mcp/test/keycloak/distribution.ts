/** Keycloak as Maven Central has it: unpacked once, and kept in a cache that no one commits. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { join, resolve } from "node:path"

const JAVA = 17
const cache = resolve(import.meta.dirname, "../../../../node_modules/.cache/keycloak")

/** Another one than ours is tried with `KEYCLOAK_VERSION`. */
const version = process.env["KEYCLOAK_VERSION"] ?? "26.4.0"

/**
 * The directory of an unpacked Keycloak.
 * @throws Error with one sentence about what is missing
 */
export async function findKeycloak(): Promise<string> {
  const home = join(cache, `keycloak-${version}`)
  requireJava()
  if (existsSync(join(home, "bin/kc.sh"))) return home
  await mkdir(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, "unpacking-"))
  try {
    unpack(directory)
    renameSync(join(directory, `keycloak-${version}`), home)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  return home
}

function requireJava(): void {
  const { stderr = "" } = spawnSync("java", ["-version"], { encoding: "utf8" })
  const [, major] = /version "(\d+)/.exec(stderr) ?? []
  if (Number(major ?? 0) >= JAVA) return
  const found = major === undefined ? "none is found" : `this is Java ${major}`
  throw new Error(
    `Keycloak needs Java ${JAVA} or newer, and ${found}; on Debian: apt-get install openjdk-17-jre-headless`,
  )
}

/** Maven downloads what its own local repository does not have yet. */
function unpack(directory: string): void {
  const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:zip`
  const args = ["-B", "-q", "dependency:unpack", `-Dartifact=${artifact}`, `-DoutputDirectory=${directory}`]
  const { error, status, stdout } = spawnSync("mvn", args, { cwd: directory, encoding: "utf8" })
  if (error) throw new Error("Keycloak is downloaded with Maven, which is not found; on Debian: apt-get install maven")
  if (status !== 0) throw new Error(`Maven cannot download ${artifact}:\n${stdout.slice(0, 1000)}`)
}
