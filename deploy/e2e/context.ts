/** What the steps share: the two releases, the way to them, and who is signed in. */
import type { Cluster } from "./cluster.ts"
import { rolledOut, untilReadyPods } from "./cluster.ts"
import type { RunningCommand } from "./command.ts"
import { clientToken, MCP_URL, type SignedIn, signIn } from "./journey.ts"
import { commandIn, notesOf } from "./notes.ts"
import type { E2eSettings } from "./settings.ts"
import { until } from "./until.ts"

const ISSUER = "http://localhost:3001"
export const RELEASES = ["auth", "mcp"] as const
export type Release = (typeof RELEASES)[number]

/** The service's own pods, none of its Jobs or of Redis. */
export const podsOf = (release: Release): string =>
  `app.kubernetes.io/name=${release},app.kubernetes.io/instance=${release},app.kubernetes.io/component=${release}`

export interface Context {
  readonly cluster: Cluster
  readonly settings: E2eSettings
  /** With these values and all that were given before; when this resolves, the new pods have replaced the old ones. */
  upgrade(release: Release, values?: Record<string, unknown>): Promise<void>
  /** Three replicas of each and no rate limit, from here on. */
  scaleUp(): Promise<void>
  /** The port-forwards that NOTES print lead to pods that are there now. */
  reach(): Promise<void>
  /** A person with a grant: the same all the time. */
  signedIn(): Promise<{ now: SignedIn; keep(next: SignedIn): void }>
  /** A token that nobody has used. */
  newToken(): Promise<string>
  close(): void
}

export function createContext(cluster: Cluster, settings: E2eSettings): Context {
  const forwards: RunningCommand[] = []
  const given: Record<Release, Record<string, unknown>> = { auth: {}, mcp: {} }
  let person: SignedIn | undefined
  let scaled = false

  const upgrade = async (release: Release, values: Record<string, unknown> = {}) => {
    Object.assign(given[release], values)
    const set = Object.entries(given[release]).map(([key, value]) => `--set-json=${key}=${JSON.stringify(value)}`)
    const chart = `./helm/${release}`
    await cluster.helm(["upgrade", release, chart, "--reset-then-reuse-values", "--wait", "--timeout=4m", ...set])
    await rolledOut(cluster, release)
  }
  const close = () => {
    for (const forward of forwards.splice(0)) forward.stop()
  }
  const reach = async () => {
    close()
    const notes = await notesOf(cluster, "auth")
    for (const release of RELEASES) {
      const line = commandIn(notes, new RegExp(`^kubectl .*port-forward service/${release} `))
      const [program = "", ...args] = line.split(" ")
      forwards.push(cluster.start(program, args))
    }
    for (const url of [`${ISSUER}/jwks`, MCP_URL])
      await until(`an answer of ${url}`, async () => (await fetch(url)).status < 500, { timeoutMs: 30_000 })
  }
  return {
    cluster,
    settings,
    upgrade,
    reach,
    close,
    scaleUp: async () => {
      if (scaled) return
      await upgrade("auth", { replicaCount: 3, rateLimit: "off" })
      // Any pod may take any call: the load speaks the revision that has no sessions.
      await upgrade("mcp", { replicaCount: 3, rateLimit: "off", "service.sessionAffinity": "None" })
      for (const release of RELEASES) await untilReadyPods(cluster, podsOf(release), 3)
      scaled = true
    },
    signedIn: async () => {
      person ??= await signIn()
      return {
        now: person,
        keep: (next) => {
          person = next
        },
      }
    },
    newToken: async () => clientToken(ISSUER, (await cluster.secret("auth-credentials"))["test-client-secret"] ?? ""),
  }
}
