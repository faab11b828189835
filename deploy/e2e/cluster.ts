/** The cluster of the current kube context, seen from one namespace: kubectl, helm, and waiting for what they began. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type CommandOptions, type RunningCommand, runCommand, startCommand } from "./command.ts"
import { until } from "./until.ts"

export interface Pod {
  metadata: { name: string; deletionTimestamp?: string; labels?: Record<string, string> }
  status: { phase: string; podIP?: string; conditions?: { type: string; status: string }[] }
}

export interface Cluster {
  readonly namespace: string
  /** The root of the repository: charts are named from there, as in NOTES. */
  readonly root: string
  kubectl(args: readonly string[], options?: CommandOptions): Promise<string>
  helm(args: readonly string[], options?: CommandOptions): Promise<string>
  /** A line as a person would paste it into a shell. */
  shell(line: string, timeoutMs?: number): Promise<string>
  start(program: string, args: readonly string[]): RunningCommand
  apply(...objects: readonly object[]): Promise<void>
  /** Of a Secret, decoded. */
  secret(name: string): Promise<Record<string, string>>
  /** Puts a text under a key of a Secret that is there; its other keys stay. */
  patchSecret(name: string, key: string, text: string): Promise<void>
  /** Those that are about to end, too. */
  allPods(selector: string): Promise<Pod[]>
  /** Those that are not about to end. */
  pods(selector: string): Promise<Pod[]>
  forget(): Promise<void>
}

/** Everything goes through a copy of the kube configuration that names the namespace, so that commands of NOTES run as they stand. */
export async function openCluster(namespace: string, root: string): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-e2e-"))
  const kubeconfig = join(directory, "config")
  await writeFile(kubeconfig, await runCommand("kubectl", ["config", "view", "--raw", "--flatten", "--minify"]), {
    mode: 0o600,
  })
  const env = { KUBECONFIG: kubeconfig }
  const kubectl = (args: readonly string[], options: CommandOptions = {}) =>
    runCommand("kubectl", args, { env, cwd: root, ...options })
  await kubectl(["config", "set-context", "--current", `--namespace=${namespace}`])
  const allPods = async (selector: string) =>
    (await json<{ items: Pod[] }>(["get", "pods", `--selector=${selector}`])).items
  const json = async <T>(args: readonly string[]) => JSON.parse(await kubectl([...args, "--output=json"])) as T
  return {
    namespace,
    root,
    kubectl,
    helm: (args, options = {}) => runCommand("helm", args, { env, cwd: root, timeoutMs: 300_000, ...options }),
    shell: (line, timeoutMs = 300_000) => runCommand("sh", ["-c", line], { env, cwd: root, timeoutMs }),
    start: (program, args) => startCommand(program, args, env),
    apply: async (...objects) => {
      const list = { apiVersion: "v1", kind: "List", items: objects }
      await kubectl(["apply", "--server-side", "--force-conflicts", "--filename=-"], { input: JSON.stringify(list) })
    },
    secret: async (name) => {
      const { data = {} } = await json<{ data?: Record<string, string> }>(["get", "secret", name])
      return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, atob(value)]))
    },
    patchSecret: async (name, key, text) => {
      // In a file: arguments can be read by every process of the machine.
      const file = join(directory, "patch.json")
      const patch = { data: { [key]: Buffer.from(text).toString("base64") } }
      await writeFile(file, JSON.stringify(patch), { mode: 0o600 })
      await kubectl(["patch", "secret", name, "--type=merge", `--patch-file=${file}`])
      await rm(file)
    },
    allPods,
    pods: async (selector) =>
      (await allPods(selector)).filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    forget: () => rm(directory, { recursive: true, force: true }),
  }
}

export const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false

/** A deployment's new pods have replaced the old ones. */
export const rolledOut = (cluster: Cluster, deployment: string): Promise<string> =>
  cluster.kubectl(["rollout", "status", `deployment/${deployment}`, "--timeout=150s"], { timeoutMs: 160_000 })

export const readyPods = async (cluster: Cluster, selector: string): Promise<Pod[]> =>
  (await cluster.pods(selector)).filter(isReady)

/** So many are ready, and no other is there. */
export const untilReadyPods = (cluster: Cluster, selector: string, count: number): Promise<Pod[]> =>
  until(
    `${count} ready pods of ${selector}`,
    async () => {
      const pods = await cluster.pods(selector)
      return pods.length === count && pods.every(isReady) && pods
    },
    { timeoutMs: 120_000 },
  )

/**
 * New pods have replaced the old ones, and these are gone: until then they serve on connections that stand, with what they know.
 */
export async function restarted(cluster: Cluster, deployment: string, selector: string): Promise<void> {
  await cluster.kubectl(["rollout", "restart", `deployment/${deployment}`])
  await rolledOut(cluster, deployment)
  await until("the end of the old pods", async () => {
    const pods = await cluster.allPods(selector)
    return pods.every(({ metadata }) => metadata.deletionTimestamp === undefined)
  })
}

/** A namespace that enforces the *restricted* Pod Security standard. @throws Error when it is there and may not be replaced */
export async function makeNamespace(cluster: Cluster, { replace }: { replace: boolean }): Promise<void> {
  const { namespace } = cluster
  const found = await cluster.kubectl(["get", "namespace", namespace, "--ignore-not-found", "--output=name"])
  if (found !== "" && !replace)
    throw new Error(`The namespace ${namespace} is there already: --replace deletes it, --namespace takes another`)
  if (found !== "") await deleteNamespace(cluster)
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" }
  await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } })
  await until("the namespace's service account", () => cluster.kubectl(["get", "serviceaccount", "default"]))
}

export const deleteNamespace = ({ kubectl, namespace }: Cluster): Promise<string> =>
  kubectl(["delete", "namespace", namespace, "--timeout=120s"], { timeoutMs: 130_000 })
