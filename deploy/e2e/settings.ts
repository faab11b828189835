/** What the caller of `npm run e2e:cluster` may choose: flags, and two variables that say how images get into the cluster. */
import { parseArgs } from "node:util"

/** How images are built. `command:CMD` runs CMD with SERVICE, TAG and CONTEXT in its environment. */
const BUILDERS = ["docker", "buildah", "none"] as const
/** How they are loaded. `command:CMD` likewise. */
const LOADERS = ["kind", "minikube", "ctr", "none"] as const

type Chosen<T extends readonly string[]> = T[number] | `command:${string}`

export interface E2eSettings {
  namespace: string
  /** Names of steps, or parts of them; undefined: all. */
  only: readonly string[] | undefined
  /** Ends what an earlier run left. */
  replace: boolean
  /** Takes what a run with `--keep` left, in place of installing. */
  resume: boolean
  /** Leaves all as it is in the end. */
  keep: boolean
  build: Chosen<typeof BUILDERS>
  load: Chosen<typeof LOADERS>
}

export const usage = `Usage: npm run e2e:cluster -- [--only=PART,PART] [--replace] [--keep] [--resume] [--namespace=gatehouse-e2e]
IMAGE_BUILD=${BUILDERS.join("|")}|command:CMD   how images are built (docker)
IMAGE_LOAD=${LOADERS.join("|")}|command:CMD   how they get into the cluster (kind)
It works on the current kube context, in a namespace of its own.
`

/** @throws Error that says what is wrong */
export function readE2eSettings(args: readonly string[], env: NodeJS.ProcessEnv): E2eSettings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      replace: { type: "boolean", default: false },
      resume: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      namespace: { type: "string", default: "gatehouse-e2e" },
    },
  })
  return {
    namespace: values.namespace,
    only: values.only?.split(","),
    replace: values.replace,
    keep: values.keep,
    resume: values.resume,
    build: choice(BUILDERS, "IMAGE_BUILD", env["IMAGE_BUILD"] ?? "docker"),
    load: choice(LOADERS, "IMAGE_LOAD", env["IMAGE_LOAD"] ?? "kind"),
  }
}

function choice<T extends readonly string[]>(known: T, name: string, value: string): Chosen<T> {
  if (value.startsWith("command:")) return value as `command:${string}`
  if (!known.includes(value)) throw new Error(`${name} is ${known.join(", ")} or command:CMD, not ${value}`)
  return value as T[number]
}
