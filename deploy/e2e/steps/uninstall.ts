/** Step: uninstalling leaves what NOTES name, and after the commands of NOTES nothing. */
import type { Cluster } from "../cluster.ts"
import { RELEASES } from "../context.ts"
import { commandsIn, notesOf } from "../notes.ts"
import type { Step } from "../step.ts"
import { until } from "../until.ts"

/** What every namespace has, what a cluster makes of what happens in it, and what this program itself made. */
const NOT_OURS = [
  /^events?(\.events\.k8s\.io)?\//,
  /^serviceaccount\/default$/,
  /^configmap\/kube-root-ca\.crt$/,
  /^configmap\/load-script$/,
  /^secret\/mcp-introspection$/,
  /^podmetrics/,
  // An Endpoints object goes a moment after its Service.
  /^endpoints?\//,
]

async function everythingIn({ kubectl }: Cluster): Promise<string[]> {
  const kinds = await kubectl(["api-resources", "--namespaced", "--verbs=list", "--output=name"])
  const all = kinds.trim().split("\n").join(",")
  const names = await kubectl(["get", all, "--output=name", "--ignore-not-found", "--show-kind"], { timeoutMs: 90_000 })
  return names.split("\n").filter((name) => name !== "" && !NOT_OURS.some((form) => form.test(name)))
}

export const uninstallStep: Step = {
  name: "uninstall: leaves what NOTES name, and nothing after their commands",
  run: async ({ cluster, close }) => {
    close()
    const notes = await Promise.all(RELEASES.map((release) => notesOf(cluster, release)))
    const commands = notes.flatMap((text) => commandsIn(text, /^kubectl .*delete (secret|persistentvolumeclaim|pvc) /))
    for (const release of ["mcp", "auth"]) await cluster.helm(["uninstall", release, "--wait", "--timeout=2m"])
    const kept = commands.flatMap((command) => {
      const [, kind = "", names = ""] = /delete (secret|persistentvolumeclaim|pvc) (.+)$/.exec(command) ?? []
      return names.split(" ").map((name) => `${kind === "pvc" ? "persistentvolumeclaim" : kind}/${name}`)
    })
    const left = await until(
      "the end of all pods",
      async () => {
        const names = await everythingIn(cluster)
        return !names.some((name) => name.startsWith("pod/")) && names
      },
      { timeoutMs: 90_000, everyMs: 2_000 },
    )
    const unnamed = left.filter((name) => !kept.includes(name))
    if (unnamed.length > 0) throw new Error(`NOTES do not name: ${unnamed.join(", ")}`)
    for (const command of commands) await cluster.shell(command)
    const rest = await everythingIn(cluster)
    if (rest.length > 0) throw new Error(`left after the commands of NOTES: ${rest.join(", ")}`)
    return `left: ${left.join(", ")}; then nothing`
  },
}
