/** The two images: built from deploy/Dockerfile and put where the cluster's nodes find them. */
import type { Cluster } from "./cluster.ts"
import { runCommand } from "./command.ts"
import type { E2eSettings } from "./settings.ts"

const VERSION = "0.1.0"
const SERVICES = ["auth", "mcp"] as const
const MINUTES = 60_000

export const imageOf = (service: (typeof SERVICES)[number]): string => `gatehouse.local/${service}:${VERSION}`

export async function provideImages(cluster: Cluster, { build, load }: E2eSettings): Promise<string> {
  for (const service of SERVICES) {
    const place = { service, tag: imageOf(service), root: cluster.root }
    await buildImage(build, place)
    await loadImage(load, place)
  }
  return `built by ${build.split(":")[0]}, loaded by ${load.split(":")[0]}`
}

interface Place {
  service: string
  tag: string
  root: string
}

async function buildImage(how: E2eSettings["build"], { service, tag, root }: Place): Promise<void> {
  const args = ["build", "--file", "deploy/Dockerfile", "--build-arg", `SERVICE=${service}`, "--tag", tag, "."]
  if (how === "none") return
  if (how.startsWith("command:")) await runGiven(how, { service, tag, root })
  else await runCommand(how, args, { cwd: root, timeoutMs: 10 * MINUTES })
}

async function loadImage(how: E2eSettings["load"], { service, tag, root }: Place): Promise<void> {
  const options = { cwd: root, timeoutMs: 5 * MINUTES }
  if (how === "kind") await runCommand("kind", ["load", "docker-image", tag], options)
  else if (how === "minikube") await runCommand("minikube", ["image", "load", tag], options)
  else if (how === "ctr")
    await runCommand("sh", ["-c", `docker save ${tag} | ctr --namespace k8s.io images import -`], options)
  else if (how !== "none") await runGiven(how, { service, tag, root })
}

const runGiven = (how: string, { service, tag, root }: Place) =>
  runCommand("sh", ["-c", how.slice("command:".length)], {
    cwd: root,
    timeoutMs: 10 * MINUTES,
    env: { SERVICE: service, TAG: tag, CONTEXT: root },
  })
